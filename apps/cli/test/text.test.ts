/** famjs generate, score and chat say what the sessions of the library say, and nothing else on their output. */
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadModel, softmax } from '@famjs/zoo';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FileScore } from '../src/score.ts';
import { type Ended, famjs, startFamjs } from './famjs.ts';
import { chatTokens, saveChatModel, temporaryFolder } from './tiny-model.ts';

const { folder, remove } = temporaryFolder();
afterAll(remove);
const inFolder = (name: string) => path.join(folder, name);
const prompt = 'The moon';
const text = 'Call me Ishmael. Some years ago — never mind how long — I went to sea.\n'.repeat(4);

beforeAll(async () => {
  await saveChatModel(inFolder('model'), [chatTokens.end]);
  writeFileSync(inFolder('text.txt'), text);
});

/** What the model writes greedily after a prompt, by the library. */
async function written(maxTokens: number, name = 'model'): Promise<string> {
  using model = await loadModel(inFolder(name));
  using session = model.session();
  let said = '';
  for await (const piece of session.generate(prompt, { maxTokens })) said += piece;
  return said;
}

const onWasm = (args: readonly string[]) => famjs([...args, '--backend', 'wasm'], folder);

describe('famjs generate', () => {
  const generate = (name: string, ...args: string[]) =>
    onWasm(['generate', name, '--prompt', prompt, '--temperature', '0', ...args]);

  test('prints the new text and a newline, and nothing else', async () => {
    const expected = await written(12);
    const { status, stdout, stderr } = await generate('model', '--max-tokens', '12');
    expect([status, stdout, stderr]).toEqual([0, `${expected}\n`, '']);
  });

  test('stops at the end tokens of generation_config.json', async () => {
    using model = await loadModel(inFolder('model'));
    using session = model.session();
    await session.read(prompt);
    const tokens: number[] = [];
    for await (const [token] of session.generateTokens({ maxTokens: 12 })) tokens.push(token!);
    const end = tokens.at(-1)!;
    const said = tokens.slice(0, tokens.indexOf(end));
    await saveChatModel(inFolder('ending'), [end]);
    const { stdout } = await generate('ending', '--max-tokens', '40');
    const whole = model.tokenizer.decode(said, { specialTokens: false }).replace(/\uFFFD+$/, '');
    expect(stdout).toBe(`${whole}\n`);
  });
});

describe('famjs score', () => {
  test('prints the mean loss of the first tokens, the one that opens the text included', async () => {
    using model = await loadModel(inFolder('model'));
    using session = model.session();
    const tokens = [chatTokens.bos, ...new TextEncoder().encode(text)].slice(0, 40);
    expect(model.tokenizer.encode(text).slice(0, 40)).toHaveLength(40);
    let loss = 0;
    for (const [i, token] of model.tokenizer.encode(text).slice(0, 40).entries()) {
      if (i > 0) loss -= Math.log(softmax((await session.logits())![0]!)[token]!) / 39;
      await session.read([token]);
    }
    const ended = await onWasm(['score', 'model', '--file', 'text.txt', '--max-tokens', '40', '--json']);
    const result = JSON.parse(ended.stdout);
    expect(ended.stdout).toBe(`${JSON.stringify(result)}\n`);
    expect(Object.keys(result)).toEqual(['tokens', 'loss', 'perplexity']);
    expect(result.tokens).toBe(tokens.length);
    expect(result.loss).toBeCloseTo(loss, 4);
    expect(result.perplexity).toBeCloseTo(Math.exp(result.loss), 3);
    expect([ended.status, ended.stderr]).toEqual([0, '']);
  });

  test('says the loss of stretches, whose mean is that of the text', async () => {
    const { stdout } = await onWasm(['score', 'model', '--file', 'text.txt', '--by-position', '--json']);
    const { tokens, loss, positions } = JSON.parse(stdout) as Required<FileScore>;
    expect(tokens).toBe(1 + new TextEncoder().encode(text).length);
    expect(positions.map(({ from, to }) => [from, to])).toEqual([
      [1, 256],
      [256, tokens],
    ]);
    const sum = positions.reduce((sum, { from, to, loss }) => sum + (to - from) * loss, 0);
    expect(sum / (tokens - 1)).toBeCloseTo(loss, 6);
    const first = await onWasm(['score', 'model', '--file', 'text.txt', '--max-tokens', '256', '--json']);
    expect(positions[0]!.loss).toBeCloseTo(JSON.parse(first.stdout).loss, 5);
    const said = await onWasm(['score', 'model', '--file', 'text.txt', '--by-position']);
    expect(said.stdout.split('\n')[1]).toBe(`  1 to 255          loss ${positions[0]!.loss.toFixed(4)}`);
  });

  test.each([
    ['missing.txt', undefined, 'CheckpointError', 'Cannot read missing.txt'],
    ['model', undefined, 'CheckpointError', 'model is a folder.'],
    ['latin.txt', Uint8Array.of(0x61, 0xe9, 0x62), 'TokenError', 'latin.txt is no text in UTF-8'],
    ['empty.txt', Uint8Array.of(), 'TokenError', 'empty.txt has'],
  ])('refuses %s', async (file, content, error, words) => {
    if (content) writeFileSync(inFolder(file), content);
    const { status, stdout, stderr } = await onWasm(['score', 'model', '--file', file]);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(new RegExp(`^${error}: `));
    expect(stderr).toContain(words);
  });
});

describe('famjs chat', () => {
  /** A conversation whose lines are typed one after another. */
  function chat(lines: readonly string[], ...args: string[]): Promise<Ended> {
    const options = ['--backend', 'wasm', '--temperature', '0', '--max-tokens', '8', ...args];
    const running = startFamjs(['chat', 'model', ...options], folder);
    running.process.stdin!.end(`${lines.join('\n')}\n`);
    return running.ended;
  }

  test('answers, reads, saves, forks and goes on', async () => {
    using model = await loadModel(inFolder('model'));
    using session = model.session();
    const answer = async (content: string) => {
      let said = '';
      const messages = [{ role: 'user', content }];
      for await (const piece of session.chat(messages, { maxTokens: 8 })) said += piece;
      return said;
    };
    const first = await answer('Hello');
    await session.read(text);
    const second = await answer('And?');
    const lines = [
      ...['Hello', '/read text.txt', '/save talk.fam', '/memory', '/fork', 'And?', '/back', 'And?'],
      ...['/nonsense', '/load', '/load talk.fam', 'And?', '/help', '/quit', 'never said'],
    ];
    const { status, stdout, stderr } = await chat(lines);
    expect(stdout).toBe(`${[first, second, second, second].join('\n')}\n`);
    expect(existsSync(inFolder('talk.fam'))).toBe(true);
    for (const words of [
      'tokens of text.txt',
      'Saved in talk.fam',
      'visible   the last',
      'FAM       none',
      'fork 1',
    ])
      expect(stderr).toContain(words);
    expect(stderr).toMatch(/space {5}[\d.]+ [kM]B, at most [\d.]+ [kM]B however much is read/);
    expect(stderr).toContain('ConfigError: There is no /nonsense.');
    expect(stderr).toContain('ConfigError: /load was given no file.');
    expect(stderr).not.toContain('never trained');
    expect(status).toBe(0);
  });

  test('says when a FAM was never trained', async () => {
    const { stderr, status } = await chat(['/memory'], '--fam-length', '2', '--variant', 'fam');
    expect(stderr).toContain('Its FAM was never trained');
    expect(stderr).toMatch(/FAM {7}2 activations a layer after 0 updates, never trained/);
    expect(status).toBe(0);
  });

  test('stops an answer at Ctrl-C and keeps the session; a second one leaves', async () => {
    const running = startFamjs(['chat', 'model', '--backend', 'wasm', '--temperature', '3'], folder);
    await running.says('listens');
    running.process.stdin!.write('Hello\n');
    await new Promise<void>((resolve) => running.process.stdout!.once('data', () => resolve()));
    running.process.kill('SIGINT');
    await running.says('Stopped. The session goes on');
    running.process.stdin!.write('/memory\n');
    await running.says('2 messages of chat');
    running.process.kill('SIGINT');
    expect((await running.ended).status).toBe(130);
  });
});
