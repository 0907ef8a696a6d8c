/** The PassKey test of a model: the same answers as reading each text whole, however it is streamed. */
import { setBackend } from '@famjs/backends';
import type { FamChoices } from '@famjs/layer';
import { describeEachBackendOnce, expectClose, runs } from '@famjs/testing';
import { languageModel, type Model, mostLikely, stream } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test, vi } from 'vitest';
import { drawTestKeys, evaluatePassKey, passKeyText, scorePassKey } from '../src/index.ts';
import { openStream } from '../src/passkey/stream.ts';
import { chainModel, smallModel, spellingTokenizer, tokenizer } from './small-model.ts';

const text = passKeyText(tokenizer);

/** What the model answers when each text is read whole by a session of its own. */
async function answersInFull(model: Model, keys: readonly string[], filler: number): Promise<string[]> {
  const answers: string[] = [];
  for (const key of keys) answers.push(...(await answersTogether(model, [key], filler)));
  return answers;
}

/** What the model answers when the texts are read whole by one session. */
async function answersTogether(model: Model, keys: readonly string[], filler: number): Promise<string[]> {
  const session = languageModel(model).session({ rows: keys.length });
  await session.read(keys.map((key) => [...text.head(key), ...text.filler(0, filler), ...text.question]));
  const answers: number[][] = keys.map(() => []);
  for await (const tokens of session.generateTokens({ maxTokens: 5 })) {
    for (const [row, token] of tokens.entries()) answers[row]!.push(token);
  }
  session.dispose();
  return answers.map((tokens) => text.digits(tokens).slice(0, 5));
}

const kinds: [name: string, fam: Partial<FamChoices>][] = [
  ['FAM with memory segments', { memorySegments: 1 }],
  ['BSWA without segments', { famLength: 0 }],
  ['BSWA with two segments', { famLength: 0, memorySegments: 2 }],
  ['FAM', {}],
];

describeEachBackendOnce('the PassKey test', (backend) => {
  test.each(kinds.slice(0, runs(kinds.length, backend)))(
    'answers as if each text were read whole: %s',
    async (_, fam) => {
      const model = smallModel(fam);
      const keys = drawTestKeys(3, 5);
      const fillers = [5, 75];
      const before = tf.memory().numTensors;
      const scores: unknown[] = [];
      for await (const event of evaluatePassKey(model, tokenizer, { fillers, keys: 3, seed: 5 })) {
        if (event.type === 'scored') scores.push([event.filler, event.score]);
      }
      expect(tf.memory().numTensors).toBe(before);
      const expected: unknown[] = [];
      for (const filler of fillers) {
        expected.push([filler, scorePassKey(keys, await answersInFull(model, keys, filler))]);
      }
      expect(scores).toEqual(expected);
      tf.dispose(model.weights);
    },
  );

  test('leaves out rounds of a state that comes again, with the same answers', async () => {
    // Without residual branches FAM is the same after every update from the second on.
    const still = smallModel({});
    for (const name of Object.keys(still.weights)) {
      if (!/(o|down)_proj/.test(name)) continue;
      const weight = still.weights[name]!;
      (still.weights as Record<string, tf.Tensor>)[name] = tf.zerosLike(weight);
      weight.dispose();
    }
    const run = async (everyToken: boolean) => {
      const found: unknown[] = [];
      for await (const event of evaluatePassKey(still, tokenizer, {
        fillers: [1000, 1500],
        keys: 3,
        seed: 1,
        everyToken,
      })) {
        if (event.type === 'scored') found.push(event);
      }
      return found;
    };
    expect(await run(false)).toEqual(await run(true));
    tf.dispose(still.weights);
  });

  test('what a model without FAM leaves out changes the logits by rounding alone', async () => {
    const model = smallModel({ famLength: 0, memorySegments: 1 });
    const filler = 160;
    const [head, question] = [text.head('90817'), text.question];
    const whole = languageModel(model).session();
    await whole.read([[...head, ...text.filler(0, filler), ...question]]);
    const firstSeen = (Math.floor((head.length + filler) / 16) - 2) * 16 - head.length;
    const late = languageModel(model).session();
    await late.read([[...text.filler(firstSeen, filler), ...question]]);
    const [left, read] = [(await late.logits())![0]!, (await whole.logits())![0]!];
    await expectClose(left, read, { relative: 1e-5, absolute: 1e-6 }, 'logits');
    whole.dispose();
    late.dispose();
    tf.dispose(model.weights);
  });

  test('tells how far it is, and leaves nothing behind when it is aborted', async () => {
    const model = smallModel({});
    const before = tf.memory().numTensors;
    const controller = new AbortController();
    const seen: number[] = [];
    const run = async () => {
      const options = { fillers: [2000], keys: 2, seed: 0, signal: controller.signal };
      for await (const event of evaluatePassKey(model, tokenizer, options)) {
        if (event.type === 'read') seen.push(event.done);
        if (seen.length === 2) controller.abort();
      }
    };
    await expect(run()).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(seen).toEqual([204, 460]);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose(model.weights);
  });
});

test.each([
  ['segments alone', 'begins anew', {}],
  ['FAM', 'goes on', { famLength: 4 }],
  ['sinks', 'goes on', { sinks: 2 }],
  ['outputs of earlier blocks', 'goes on', { variant: 'fm' }],
] as const)('a model that sees %s %s before the blocks that it sees last', async (_, how, fam) => {
  await setBackend('wasm');
  const model = smallModel({ famLength: 0, memorySegments: 1, variant: 'fam', ...fam });
  const shared = languageModel(model);
  const session = vi.fn(shared.session);
  const stream = openStream({ ...shared, session }, text, drawTestKeys(1, 5), () => undefined);
  await stream.readHead();
  stream.skipTowards(160);
  expect(session).toHaveBeenCalledTimes(how === 'begins anew' ? 2 : 1);
  stream.dispose();
  tf.dispose(model.weights);
});

test.each([
  ['a space and a token a digit', '[0-9]', 6],
  ['a space and tokens of two digits', '[0-9]{2}|[0-9]', 4],
])('a right answer counts, whatever the tokens of a key: %s', async (_, digits, length) => {
  await setBackend('wasm');
  const seed = 1; // Its key has five different digits, so that one token decides about the next.
  const [key] = drawTestKeys(1, seed) as [string];
  const spelled = spellingTokenizer(digits, key);
  const answer = passKeyText(spelled).answer(key);
  expect(answer).toHaveLength(length);
  const [last] = passKeyText(spelled).question.slice(-1) as [number];
  const model = chainModel([last, ...answer], spelled.size);
  for await (const event of evaluatePassKey(model, spelled, { fillers: [5], keys: 1, seed })) {
    if (event.type === 'scored') expect(event.score.exact.share).toBe(1);
  }
  tf.dispose(model.weights);
});

test('the most likely token is the first of the largest', () => {
  expect(mostLikely(Float32Array.of(1, 3, 2, 3))).toBe(1);
});

test('scores more keys than are read side by side', async () => {
  await setBackend('wasm');
  const model = smallModel({});
  const keys = drawTestKeys(130, 5);
  const scores: unknown[] = [];
  for await (const event of evaluatePassKey(model, tokenizer, { fillers: [5], keys: 130, seed: 5 })) {
    if (event.type === 'scored') scores.push(event.score);
  }
  const answers: string[] = [];
  for (const half of [keys.slice(0, 65), keys.slice(65)])
    answers.push(...(await answersTogether(model, half, 5)));
  expect(scores).toEqual([scorePassKey(keys, answers)]);
  tf.dispose(model.weights);
});

test('each key has another part of a text as its filler, which is read there and nowhere else', async () => {
  await setBackend('wasm');
  const model = smallModel({});
  const read = new Set<number>();
  const words = new Proxy(text.filler(0, 2000), {
    get(tokens, name) {
      if (typeof name === 'string' && /^\d+$/.test(name)) read.add(Number(name));
      return Reflect.get(tokens, name, tokens);
    },
  });
  for await (const _ of evaluatePassKey(model, tokenizer, {
    fillers: [30],
    keys: 3,
    seed: 5,
    filler: words,
  }));
  const begins = [0, 1, 2].map((place) => stream(5, 'filler', place).below(2000));
  const parts = begins.flatMap((begin) => Array.from({ length: 30 }, (_, i) => (begin + i) % 2000));
  expect(new Set(parts).size).toBe(90);
  expect(read).toEqual(new Set(parts));
  tf.dispose(model.weights);
});
