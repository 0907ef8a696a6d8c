/** A chat reads of its template what is new, keeps its list, and goes on from where it was broken off, forked or saved. */
import { ChatTemplateError, ConfigError, SessionBusyError, ShapeError, setBackend } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test } from 'vitest';
import { type ChatMessage, languageModel, loadTokenizer, type Session } from '../src/index.ts';
import { smallModel } from './small-model.ts';

await setBackend('wasm');

/** Letters, and tokens that open and end what somebody says: as many as the small model has. */
const tokens = ['a', 'b', 'u', 's', 't', ' ', '\n', '<s>', '<|', '|>', '.'];
const tokenizerJson = {
  model: { type: 'BPE', vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges: [] },
  pre_tokenizer: { type: 'Split', pattern: { Regex: '' }, behavior: 'Isolated', invert: false },
  added_tokens: [
    { id: 7, content: '<s>', special: true, normalized: false },
    { id: 8, content: '<|', special: true, normalized: false },
    { id: 9, content: '|>', special: true, normalized: false },
  ],
  decoder: { type: 'Fuse' },
};
const end = 9;
const template =
  "{{ bos_token }}{% for m in messages %}<|{{ m.role[0] | replace('a', 't') }}\n{{ m.content }}|>\n{% endfor %}" +
  '{% if add_generation_prompt %}<|t\n{% endif %}';

const made: { dispose(): void }[] = [];
afterEach(() => {
  for (const each of made.splice(0)) each.dispose();
});

function sessionOf(
  chat_template: string | undefined = template,
  endTokens: readonly number[] = [end],
  opening: object = { bos_token: '<s>', add_bos_token: true },
): Session {
  const tokenizer = loadTokenizer(tokenizerJson, { ...opening, chat_template });
  const model = languageModel({ ...smallModel(), tokenizer, endTokens, name: 'chatty' });
  const session = model.session();
  made.push(session, model);
  return session;
}

const user = (content: string): ChatMessage => ({ role: 'user', content });
const reply = (content: string): ChatMessage => ({ role: 'assistant', content });
const options = { seed: 5, temperature: 2, maxTokens: 12 };

async function said(session: Session, content: string, changes = {}): Promise<string> {
  let text = '';
  for await (const piece of session.chat([user(content)], { ...options, ...changes })) text += piece;
  return text;
}

/** Holds that a session has read exactly this text, special tokens written out. */
async function expectRead(session: Session, text: string): Promise<void> {
  const straight = session.model.session();
  await straight.read(session.model.tokenizer!.encode(text, { specialTokens: false }));
  expect(session.length).toBe(straight.length);
  const [expected, logits] = [(await straight.logits())![0]!, (await session.logits())![0]!];
  straight.dispose();
  logits.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 4);
  });
}

describe('a chat', () => {
  test('reads what is new of the template of the whole list, once', async () => {
    const session = sessionOf();
    const first = await said(session, 'ab');
    await expectRead(session, `<s><|u\nab|>\n<|t\n${first}`);
    expect(session.messages).toEqual([user('ab'), reply(first)]);
    const second = await said(session, 'ba');
    await expectRead(session, `<s><|u\nab|>\n<|t\n${first}|>\n<|u\nba|>\n<|t\n${second}`);
    expect(session.messages).toEqual([user('ab'), reply(first), user('ba'), reply(second)]);
    const again = sessionOf();
    expect([await said(again, 'ab'), await said(again, 'ba')]).toEqual([first, second]);
  });

  test('ends a reply at an end token, or after maxTokens, or where it is broken off, and goes on', async () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const session = sessionOf();
      const { numTensors } = tf.memory();
      let first = '';
      for await (const piece of session.chat([user('ab')], { ...options, seed })) {
        first += piece;
        if (first.length > seed) break;
      }
      await expectRead(session, `<s><|u\nab|>\n<|t\n${first}`);
      const whole = await said(session, 's', { seed, maxTokens: undefined, stop: 'b' });
      expect(whole).not.toMatch(/[b<|>]/);
      await expectRead(session, `<s><|u\nab|>\n<|t\n${first}|>\n<|u\ns|>\n<|t\n${whole}`);
      expect(tf.memory().numTensors).toBeLessThan(numTensors + 40);
    }
  });

  test('that generate() goes on with says more in the same reply', async () => {
    const session = sessionOf();
    let first = await said(session, 'ab', { maxTokens: 2 });
    for await (const piece of session.generate(options)) first += piece;
    expect(session.messages).toEqual([user('ab'), reply(first)]);
    const second = await said(session, 'b');
    await expectRead(session, `<s><|u\nab|>\n<|t\n${first}|>\n<|u\nb|>\n<|t\n${second}`);
  });

  test('has its reply ended before the session reads something else', async () => {
    const session = sessionOf();
    const first = await said(session, 'ab');
    await session.read('bab');
    await session.read('tu');
    const second = await said(session, 'b');
    await expectRead(session, `<s><|u\nab|>\n<|t\n${first}|>babtu\n<|u\nb|>\n<|t\n${second}`);
    let third = '';
    for await (const piece of session.generate('su', options)) third += piece;
    await expectRead(session, `<s><|u\nab|>\n<|t\n${first}|>babtu\n<|u\nb|>\n<|t\n${second}|>su${third}`);
    expect(session.messages.at(-1)).toEqual(reply(second));
  });

  test('in a session that has read a text does not open it a second time', async () => {
    const session = sessionOf();
    await session.read('abab');
    const first = await said(session, 'b');
    await expectRead(session, `<s>abab<|u\nb|>\n<|t\n${first}`);
  });

  test('keeps the first token of a template that other texts do not begin with', async () => {
    const bare = template.replace('{{ bos_token }}', '');
    const session = sessionOf(bare, [end], { bos_token: '<|' });
    await session.read('abab');
    const first = await said(session, 'b');
    await expectRead(session, `abab<|u\nb|>\n<|t\n${first}`);
  });

  test('goes on in forks and restored sessions, and is forgotten by reset', async () => {
    const session = sessionOf();
    const first = await said(session, 'ab', { maxTokens: 4 });
    const fork = session.fork();
    const restored = await session.model.restore(await session.save());
    made.unshift(fork, restored);
    expect(restored.messages).toEqual(session.messages);
    const replies = await Promise.all([session, fork, restored].map((each) => said(each, 'tu')));
    expect(new Set(replies).size).toBe(1);
    for (const each of [session, fork, restored]) {
      await expectRead(each, `<s><|u\nab|>\n<|t\n${first}|>\n<|u\ntu|>\n<|t\n${replies[0]}`);
    }
    await session.reset();
    expect([session.length, session.messages, await session.logits()]).toEqual([0, [], undefined]);
    expect(await said(session, 'ab', { maxTokens: 4 })).toBe(first);
  });

  test('gives a fork what was yielded so far while it speaks', async () => {
    const session = sessionOf();
    const speaking = session.chat([user('ab')], options);
    const { value } = await speaking.next();
    await expect(session.reset()).rejects.toThrow(SessionBusyError);
    const fork = session.fork();
    made.unshift(fork);
    await speaking.return(undefined);
    expect(fork.messages).toEqual([user('ab'), reply(value as string)]);
    await expectRead(fork, `<s><|u\nab|>\n<|t\n${value}`);
  });

  test('takes templates that trim what the model wrote', async () => {
    const trims = template.replace('{{ m.content }}', '{{ m.content | trim }}');
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const session = sessionOf(trims);
      const first = await said(session, 'ab', { seed });
      const second = await said(session, 'b', { seed });
      await expectRead(session, `<s><|u\nab|>\n<|t\n${first}|>\n<|u\nb|>\n<|t\n${second}`);
    }
  });

  test('refuses a template that rewrites its past, and stays where it is', async () => {
    const rewrites = template.replace('{{ m.content }}', '{{ m.content if loop.last else "" }}');
    const session = sessionOf(rewrites);
    const first = await said(session, 'ab');
    const { numTensors } = tf.memory();
    await expect(said(session, 'b')).rejects.toThrow(ChatTemplateError);
    await expect(said(session, 'b')).rejects.toThrow('rewrites its past');
    await expect(session.read('ab')).rejects.toThrow(ChatTemplateError);
    expect(session.messages).toEqual([user('ab'), reply(first)]);
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  test('refuses messages, options and models that make no chat', async () => {
    const session = sessionOf();
    const call = async (messages: unknown, options: unknown = { maxTokens: 2 }, to = session) => {
      for await (const _ of to.chat(messages as ChatMessage[], options as object));
    };
    await expect(call([])).rejects.toThrow(ConfigError);
    await expect(call('hello')).rejects.toThrow(ConfigError);
    await expect(call([{ role: 'user', content: 3 }])).rejects.toThrow(ConfigError);
    await expect(call([user('a')], { maxTokens: 0 })).rejects.toThrow(ConfigError);
    await expect(call([user('a')], {}, sessionOf(template, []))).rejects.toThrow('names no token that ends');
    await expect(call([user('a')], {}, sessionOf(''))).rejects.toThrow(ShapeError);
    await expect(call([user('a')], {}, sessionOf('{{ raise_exception("no") }}'))).rejects.toThrow(
      ChatTemplateError,
    );
    const untaught = languageModel({ ...smallModel(), tokenizer: loadTokenizer(tokenizerJson) });
    await expect(call([user('a')], { maxTokens: 1 }, untaught.session())).rejects.toThrow(ChatTemplateError);
    const rows = session.model.session({ rows: 2 });
    await expect(call([user('a')], {}, rows)).rejects.toThrow(ShapeError);
    expect([session.length, session.messages]).toEqual([0, []]);
  });
});
