/** One model in all dtypes: what it computes, what it is known by, and what moves from one to another. */
import { ConfigError, setBackend } from '@famjs/backends';
import { blockTypes, isQuantised, widened } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { initialWeights, type LanguageModel, llamaConfig, loadModel, modelFiles } from '../src/index.ts';

let files: Record<string, Uint8Array>;
beforeAll(async () => {
  await setBackend('wasm');
  const config = llamaConfig({
    ...{ width: 64, heads: 2, keyValueHeads: 1, layers: 2, theta: 1000, intermediateWidth: 96 },
    ...{ vocabularySize: 50, tiedEmbeddings: true },
    fam: { blockSize: 8, memorySegments: 1, famLength: 3, variant: 'fam-norm' },
  });
  const weights = initialWeights(config, 0, { embedding: 1.4, prompt: 1.4, residual: 2, head: 1 });
  files = await modelFiles({ config, weights });
  tf.dispose(weights);
});

const tokens = Array.from({ length: 21 }, (_, i) => (i * i + 3) % 50);

async function logitsAfter(model: LanguageModel<undefined>, saved?: Uint8Array): Promise<Float32Array> {
  using session = saved ? await model.restore(saved) : model.session();
  if (!saved) await session.read(tokens);
  return (await session.logits())![0]!;
}

const distance = (a: Float32Array, b: Float32Array) =>
  Math.sqrt(
    a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0) /
      b.reduce((sum, value) => sum + value ** 2, 0),
  );

test('a dtype is nearer to float32 the more bits it has, has its fingerprint, and goes on from its session', async () => {
  const before = tf.memory().numTensors;
  using exact = await loadModel(files, { tokenizer: false });
  const wanted = await logitsAfter(exact);
  using session = exact.session();
  await session.read(tokens);
  const saved = await session.save();
  const errors: number[] = [];
  for (const dtype of ['f32', 'f16', 'q8', 'q4'] as const) {
    using model = await loadModel(files, { tokenizer: false, dtype });
    const matrices = Object.values(model.weights).filter(isQuantised);
    expect(matrices).toHaveLength(dtype === 'f32' ? 0 : 1 + 2 * 7);
    expect(await model.fingerprint()).toBe(await exact.fingerprint());
    errors.push(distance(await logitsAfter(model), wanted));
    expect(distance(await logitsAfter(model, saved), wanted)).toBeLessThan(0.3);
  }
  expect(errors[0]).toBe(0);
  for (const [i, [least, most]] of [
    [1e-6, 2e-3],
    [1e-3, 3e-2],
    [2e-2, 0.5],
  ].entries()) {
    expect(errors[i + 1]).toBeGreaterThan(least!);
    expect(errors[i + 1]).toBeLessThan(most!);
  }
  session.dispose();
  exact.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('what is held in blocks is saved as the numbers that they say', async () => {
  using model = await loadModel(files, { tokenizer: false, dtype: 'q8' });
  using again = await loadModel(await modelFiles(model), { tokenizer: false });
  expect(distance(await logitsAfter(again), await logitsAfter(model))).toBeLessThan(1e-5);
  // Rounded numbers are multiples of their steps, which rounding them again leaves as they are.
  using twice = await loadModel(await modelFiles(again), { tokenizer: false, dtype: 'q8' });
  expect(distance(await logitsAfter(twice), await logitsAfter(model))).toBeLessThan(1e-2);
});

test('a large table becomes blocks a megabyte of float32 at a time, and a number that is none is named', async () => {
  const [{ held }, { readTensor }] = await Promise.all([
    import('../src/formats/held.ts'),
    import('../src/formats/checkpoint.ts'),
  ]);
  const shape = [1100, 256];
  const numbers = Float32Array.from({ length: 1100 * 256 }, (_, i) => Math.sin(i * i));
  const stored = {
    file: 'a',
    name: 'w',
    shape,
    dtype: 'F32',
    data: async () => new Uint8Array(numbers.buffer),
  } as const;
  const read = await readTensor(stored);
  const lengths: number[] = [];
  const write = (into: Float32Array, from?: number) => {
    lengths.push(into.length);
    read.write(into, from);
  };
  const { encode, decode } = blockTypes.Q4_0;
  const blocks = new Uint8Array((numbers.length / 32) * 18);
  encode!(numbers, blocks);
  const wanted = new Float32Array(numbers.length);
  decode(blocks, wanted);
  tf.tidy(() => {
    const { weight, sample } = held('w', { ...read, write }, 'q4');
    const values = widened(weight).dataSync();
    expect(values.findIndex((value, i) => value !== wanted[i])).toBe(-1);
    expect(sample.ends).toEqual([numbers.slice(0, 256), numbers.slice(-256)]);
  });
  expect(Math.max(...lengths)).toBe(2 ** 18);
  numbers[2 ** 18 + 5] = Number.NaN;
  expect(() => held('w', read, 'q4')).toThrow('Number 262149 of "w" is NaN');
});

test('a number that halves do not hold is refused by name', async () => {
  using model = await loadModel(files, { tokenizer: false });
  const name = 'model.layers.0.mlp.up_proj.weight';
  const large = tf.fill(model.weights[name]!.shape, 1e6);
  const changed = { config: model.config, weights: { ...model.weights, [name]: large } };
  const loading = loadModel(await modelFiles(changed), { tokenizer: false, dtype: 'f16' });
  await expect(loading).rejects.toThrow(`Number 0 of "${name}" is Infinity in F16`);
  large.dispose();
});

test('what a GGUF file has quantised is not rounded again', async () => {
  const { requireHoldable } = await import('../src/formats/held.ts');
  const tensor = { file: 'a.gguf', name: 'w', shape: [2, 32], data: async () => new Uint8Array() };
  const blocks = { ...tensor, dtype: 'Q4_1', kept: 'Q4_1' } as const;
  const halves = { ...tensor, dtype: 'F16', kept: 'F16' } as const;
  for (const dtype of ['f16', 'q8', 'q4'] as const) {
    expect(() => requireHoldable([halves, blocks], dtype)).toThrow(ConfigError);
    expect(() => requireHoldable([halves], dtype)).not.toThrow();
  }
  expect(() => requireHoldable([], 'q5' as never)).toThrow('one of f32, f16, q8, q4');
  for (const dtype of [undefined, 'f32'] as const)
    expect(() => requireHoldable([blocks], dtype)).not.toThrow();
  expect(() => requireHoldable([{ ...blocks, dtype: 'Q8_0', kept: 'Q8_0' }], 'q8')).not.toThrow();
});
