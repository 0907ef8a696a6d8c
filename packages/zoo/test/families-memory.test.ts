/** What TransformerFAM adds works with every family: FAM, memory segments, windows of their own, gradients in every weight. */
import { setBackend } from '@famjs/backends';
import { schedules, startState } from '@famjs/layer';
import { tokenCrossEntropy } from '@famjs/ops';
import { expectClose } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  languageModel,
  logitsOf,
  type Model,
  parseModelConfig,
  readTokens,
  type Session,
  stackOf,
} from '../src/index.ts';
import { checkpoints, configOf, expectedOf, loadCheckpoint } from './checkpoints.ts';

await setBackend('wasm');

/** Relative to the largest number. */
const closeTo = (expected: readonly number[]) => ({
  relative: 0,
  absolute: 1e-5 * Math.max(...expected.map(Math.abs)),
});
const flat = async (session: Session) => (await session.logits())!.flatMap((row) => [...row]);

/** Checkpoints that differ in more than their positions. */
const differing = checkpoints.filter((name) => !/linear|dynamic|llama3|yarn|tied/.test(name));

describe.each(differing)('%s', (name) => {
  const { tokens } = expectedOf(name);

  test('takes FAM, with which every schedule and split agrees', async () => {
    const fam = { block_size: 6, memory_segments: 1, fam_length: 2, variant: 'fam-norm' };
    const config = parseModelConfig(configOf(name), fam);
    const plain = await loadCheckpoint(name);
    const prompt = tf.randomNormal([2, config.width], 0, 1, 'float32', 3);
    const model = languageModel({ config, weights: { ...plain.weights, 'fam.prompt': prompt } });
    const ends: number[][] = [];
    for (const schedule of schedules) {
      const session = model.session({ rows: tokens.length, schedule });
      for (const [from, to] of [
        [0, 5],
        [5, 7],
        [7, 23],
      ] as const) {
        await session.read(tokens.map((row) => row.slice(from, to)));
      }
      ends.push(await flat(session));
      session.dispose();
    }
    for (const end of ends) await expectClose(end, ends[0]!, closeTo(ends[0]!), schedules[0]);
    const session = plain.session({ rows: tokens.length });
    await session.read(tokens);
    const without = await flat(session);
    expect(Math.max(...without.map((value, i) => Math.abs(value - ends[0]![i]!)))).toBeGreaterThan(0.01);
    for (const end of [session, model, plain]) end.dispose();
    prompt.dispose();
  });

  test('has in every weight the gradient by which its loss changes', async () => {
    const fam = { block_size: 6, memory_segments: 1, fam_length: 2, sinks: 1 };
    const config = parseModelConfig(configOf(name), fam);
    const plain = await loadCheckpoint(name);
    const prompt = tf.randomNormal([2, config.width], 0, 1, 'float32', 3);
    const weights = { ...plain.weights, 'fam.prompt': prompt };
    const names = Object.keys(weights);
    const values = Object.values(weights);
    const loss = lossOf(config, names, tokens);
    const gradients = tf.tidy(() => tf.grads((...given: tf.Tensor[]) => loss(given))(values));
    let along = 0;
    const directions = values.map((value, i) => tf.randomNormal(value.shape, 0, 1, 'float32', i + 1));
    for (const [i, gradient] of gradients.entries()) {
      const size = (await tf.max(tf.abs(gradient)).data())[0]!;
      expect(Number.isFinite(size) && size > 1e-7, `${names[i]} has a gradient of ${size}`).toBe(true);
      // Steps of one weight are the smaller, the larger its gradient is: none drowns another.
      const scale = 1 / (size * Math.sqrt(gradient.size));
      directions[i] = tf.mul(directions[i]!, scale);
      along += (await tf.sum(tf.mul(gradient, directions[i]!)).data())[0]!;
    }
    const step = 2e-3;
    const at = async (by: number) =>
      (await loss(values.map((value, i) => tf.add(value, tf.mul(directions[i]!, by)))).data())[0]!;
    const measured = ((await at(step)) - (await at(-step))) / (2 * step);
    expect(Math.abs(measured - along)).toBeLessThan(0.02 * Math.abs(along) + 0.01);
    tf.dispose([...gradients, ...directions, prompt]);
    plain.dispose();
  });
});

/** The mean loss of the next tokens, as a function of the weights by these names. */
function lossOf(config: Model['config'], names: readonly string[], tokens: number[][]) {
  return (values: readonly tf.Tensor[]): tf.Scalar => {
    const model = { config, weights: Object.fromEntries(names.map((name, i) => [name, values[i]!])) };
    const stack = stackOf(model);
    const inputs = tf.tensor2d(
      tokens.map((row) => row.slice(0, -1)),
      undefined,
      'int32',
    );
    const labels = tf.tensor1d(
      tokens.flatMap((row) => row.slice(1)),
      'int32',
    );
    const { hidden } = readTokens(model, stack, inputs, startState(stack, tokens.length));
    const logits = tf.reshape(logitsOf(model, hidden()), [labels.size, -1]);
    return tf.sum(tokenCrossEntropy(logits, labels, tf.fill([labels.size], 1 / labels.size)));
  };
}

/** Windows of 5 to 7 tokens, and whether every layer has one. */
const windows: [name: string, window: number, everywhere: boolean][] = [
  ['mistral', 6, true],
  ['phi3-partial', 7, true],
  ['qwen2-window', 5, false],
  ['gemma3_text', 5, false],
];

describe.each(windows)('the windows of %s', (name, window, everywhere) => {
  const { tokens } = expectedOf(name);

  test.each([2, 3, 8])('bound tokens as in one block where blocks have %i tokens', async (blockSize) => {
    const segments = Math.ceil((everywhere ? window - 1 : tokens[0]!.length) / blockSize);
    const plain = await loadCheckpoint(name);
    const cut = await loadCheckpoint(name, { fam: { block_size: blockSize, memory_segments: segments } });
    const whole = plain.session({ rows: tokens.length });
    await whole.read(tokens);
    const expected = await flat(whole);
    for (const schedule of schedules) {
      const parts = cut.session({ rows: tokens.length, schedule });
      await parts.read(tokens.map((row) => row.slice(0, 10)));
      await parts.read(tokens.map((row) => row.slice(10)));
      await expectClose(await flat(parts), expected, closeTo(expected), schedule);
      parts.dispose();
    }
    for (const end of [whole, plain, cut]) end.dispose();
  });

  test('bound tokens, and neither FAM nor sinks', async () => {
    const read = async (fam: object, changed: number) => {
      const config = parseModelConfig(configOf(name), { block_size: 4, memory_segments: 1, ...fam });
      const plain = await loadCheckpoint(name);
      const prompt = tf.ones([2, config.width]);
      const withPrompt = config.fam.famLength > 0 ? { 'fam.prompt': prompt } : {};
      const model = languageModel({ config, weights: { ...plain.weights, ...withPrompt } });
      const session = model.session();
      await session.read([changed, ...tokens[0]!.slice(1)]);
      const end = await flat(session);
      for (const each of [session, model, plain, prompt]) each.dispose();
      return end;
    };
    const reach = async (fam: object) => {
      const [one, other] = [await read(fam, 3), await read(fam, 4)];
      return Math.max(...one.map((value, i) => Math.abs(value - other[i]!)));
    };
    expect(await reach({})).toBe(0);
    expect(await reach({ fam_length: 2 })).toBeGreaterThan(1e-4);
    expect(await reach({ sinks: 1 })).toBeGreaterThan(1e-4);
  });
});
