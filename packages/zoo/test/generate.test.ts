/** Text as it is generated: whole characters, no stop string, and a session that has read what was yielded and no more. */
import { setBackend } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type GenerateOptions,
  languageModel,
  mostLikely,
  penalizeRepetition,
  type Session,
  stream,
  type Written,
} from '../src/index.ts';
import { smallLanguageModel, smallModel, smallTokenizer } from './small-model.ts';

await setBackend('wasm');

const promptTokens = smallTokenizer.encode('ab a').length;
const model = smallLanguageModel();
const sessions: Session[] = [];
afterEach(() => {
  for (const session of sessions.splice(0)) session.dispose();
});

async function started(prompt = 'ab a'): Promise<Session> {
  const session = model.session();
  sessions.push(session);
  await session.read(prompt);
  return session;
}

/** Tokens that the model chooses, and what they say. */
async function chosen(
  options: GenerateOptions,
  prompt?: string,
): Promise<{ tokens: number[]; text: string }> {
  const session = await started(prompt);
  const tokens: number[] = [];
  const { stop: _, ...others } = options;
  for await (const [token] of session.generateTokens(others)) tokens.push(token!);
  return { tokens, text: smallTokenizer.decode(tokens) };
}

/** Holds that a session stands where a prompt and tokens lead. */
async function expectRead(
  session: Session,
  prompt: string,
  text: string,
  tokens?: readonly number[],
): Promise<void> {
  const straight = await started(prompt);
  const said = tokens ?? smallTokenizer.encode(text);
  if (said.length > 0) await straight.read(said);
  expect(session.length).toBe(straight.length);
  const [expected, logits] = [(await straight.logits())![0]!, (await session.logits())![0]!];
  logits.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 4);
  });
}

/** The longest beginning of the tokens that says a text, or that says nothing broken. */
function whole(tokens: readonly number[]): number[] {
  let end = tokens.length;
  while (end > 0 && smallTokenizer.decode(tokens.slice(0, end)).endsWith('\uFFFD')) end--;
  return tokens.slice(0, end);
}

/** All of a text, and what ended it. */
async function drained(
  texts: ReturnType<Session['generate']>,
): Promise<{ text: string; written: Written | undefined }> {
  let text = '';
  for (;;) {
    const { done, value } = await texts.next();
    if (done) return { text, written: value };
    text += value;
  }
}

const sampled = (seed: number): GenerateOptions => ({ maxTokens: 24, seed, temperature: 3 });

describe('generate', () => {
  test.each([1, 2, 3, 4, 5])('yields the text of the tokens, whole, seed %s', async (seed) => {
    const { tokens } = await chosen(sampled(seed));
    const session = await started();
    const pieces: string[] = [];
    for await (const text of session.generate(sampled(seed))) pieces.push(text);
    const said = tokens.slice(0, session.length - promptTokens);
    expect(pieces.join('')).toBe(smallTokenizer.decode(said));
    expect(pieces.every(Boolean)).toBe(true);
    // What is left are the bytes of one unfinished character, at most.
    const left = tokens.slice(said.length);
    expect(left.length).toBeLessThan(4);
    if (left.length > 0) expect(smallTokenizer.decode(tokens)).toMatch(/\uFFFD$/);
    await expectRead(session, 'ab a', pieces.join(''), said);
  });

  test('draws the same for a seed, wherever it begins, and something else for another', async () => {
    const { tokens } = await chosen(sampled(7));
    expect((await chosen(sampled(7))).tokens).toEqual(tokens);
    expect((await chosen(sampled(8))).tokens).not.toEqual(tokens);
    const session = await started();
    const again: number[] = [];
    for (let i = 0; i < tokens.length; i++) {
      for await (const [token] of session.generateTokens({ ...sampled(7), maxTokens: 1 })) again.push(token!);
    }
    expect(again).toEqual(tokens);
  });

  test('draws anew each time without a seed', async () => {
    const runs = await Promise.all([1, 2].map(() => chosen({ maxTokens: 24, temperature: 3 })));
    expect(runs[0]!.tokens).not.toEqual(runs[1]!.tokens);
  });

  test('takes the most likely token unless asked for choice', async () => {
    const greedy = await chosen({ maxTokens: 9 });
    expect(await chosen({ maxTokens: 9, temperature: 0, seed: 4 })).toEqual(greedy);
    expect(await chosen({ maxTokens: 9, topK: 1 })).toEqual(greedy);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('broken off it has read what was yielded, seed %s', async (seed) => {
    const session = await started();
    const { numTensors } = tf.memory();
    let text = '';
    for await (const piece of session.generate(sampled(seed))) {
      text += piece;
      if (text.length > seed) break;
    }
    expect(tf.memory().numTensors).toBe(numTensors);
    const { tokens } = await chosen(sampled(seed));
    const said = tokens.slice(0, session.length - promptTokens);
    expect(smallTokenizer.decode(said)).toBe(text);
    await expectRead(session, 'ab a', text, said);
  });

  test('aborted it has read what was yielded', async () => {
    const session = await started();
    const controller = new AbortController();
    const { numTensors } = tf.memory();
    let text = '';
    const run = async () => {
      for await (const piece of session.generate({ ...sampled(2), signal: controller.signal })) {
        text += piece;
        if (text.length > 3) controller.abort();
      }
    };
    await expect(run()).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(tf.memory().numTensors).toBe(numTensors);
    const { tokens } = await chosen(sampled(2));
    await expectRead(session, 'ab a', text, tokens.slice(0, session.length - promptTokens));
  });

  test('ends before a stop string, wherever in the tokens it begins', async () => {
    for (let seed = 0; seed < 12; seed++) {
      const { tokens } = await chosen(sampled(seed));
      const all = smallTokenizer.decode(whole(tokens));
      for (const at of [1, 3, 6]) {
        const stop = all.slice(at, at + 2);
        if (!stop || all.slice(0, all.indexOf(stop) + 2).includes('\uFFFD')) continue;
        const session = await started();
        const { numTensors } = tf.memory();
        const { text, written } = await drained(session.generate({ ...sampled(seed), stop: ['qqq', stop] }));
        expect(written).toMatchObject({ ended: 'stop', promptTokens: 0 });
        expect(text).toBe(all.slice(0, all.indexOf(stop)));
        expect(tf.memory().numTensors).toBe(numTensors);
        const said = tokens.slice(0, session.length - promptTokens);
        const fits = smallTokenizer.decode(said) === text;
        await expectRead(session, 'ab a', text, fits ? said : undefined);
      }
    }
  });

  test.each([1, 2, 3, 4])('ends before an end token, which it has not read, seed %s', async (seed) => {
    const { tokens } = await chosen(sampled(seed));
    const [end] = tokens.slice(5);
    const ending = languageModel({ ...smallModel(), tokenizer: smallTokenizer, endTokens: [end!] });
    const session = ending.session();
    sessions.push(session);
    await session.read('ab a');
    const { numTensors } = tf.memory();
    const { text, written } = await drained(session.generate(sampled(seed)));
    const said = whole(tokens.slice(0, tokens.indexOf(end!)));
    expect(written).toEqual({ ended: 'end', promptTokens: 0, tokens: tokens.indexOf(end!) });
    expect(text).toBe(smallTokenizer.decode(said));
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(session.length).toBe(promptTokens + said.length);
    await expectRead(session, 'ab a', text, said);
    const past: number[] = [];
    for await (const [token] of session.generateTokens({ maxTokens: 3 })) past.push(token!);
    expect(past).toHaveLength(3);
  });

  test('with a penalty repeats neither its prompt nor itself', async () => {
    const session = await started('ab');
    const { below } = stream(1, 'data');
    for (let i = 0; i < 5; i++) {
      const prompt = Array.from({ length: 3 }, () => below(11));
      const fork = session.fork();
      sessions.push(fork);
      const before = fork.length;
      const options = { maxTokens: 6, repetitionPenalty: 1e6 };
      const { written } = await drained(fork.generate(prompt, options));
      expect(written).toEqual({ ended: 'length', promptTokens: 3, tokens: 6 });
      const expected = session.fork();
      sessions.push(expected);
      await expected.read(prompt);
      const said = new Set(prompt);
      while (expected.length < fork.length) {
        const [logits] = (await expected.logits())!;
        const next = mostLikely(penalizeRepetition(logits!, said, 1e6));
        said.add(next);
        await expected.read([next]);
      }
      expect(fork.length).toBeGreaterThan(before + prompt.length);
      expect(await fork.logits()).toEqual(await expected.logits());
    }
  });

  test('reads its prompt first, and goes on from it', async () => {
    const session = await started('ab');
    let text = '';
    for await (const piece of session.generate(' a', { maxTokens: 6 })) text += piece;
    expect(text).toBe((await chosen({ maxTokens: 6 }, 'ab a')).text);
  });

  test('is asked without being heard of', async () => {
    const { text } = await chosen({ maxTokens: 6 }, 'ab a');
    const session = await started('ab');
    const { numTensors } = tf.memory();
    expect(await session.ask(' a', { maxTokens: 6 })).toBe(text);
    expect(tf.memory().numTensors).toBe(numTensors);
    await expectRead(session, 'ab', '', []);
  });
});
