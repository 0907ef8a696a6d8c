/** The wasm backend runs our kernels, not compositions, and they refuse nothing that TF.js' own do not. */
import { setBackend } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import * as ops from '../index.ts';

beforeAll(async () => {
  await setBackend('wasm');
});

test.each([ops.embeddingOp, ops.gatedOp, ops.linearOp, ops.rmsNormOp, ops.rotaryOp, ops.tokenCrossEntropyOp])(
  '$kernelName and its gradient have kernels',
  ({ kernelName }) => {
    expect(tf.getKernel(kernelName, 'wasm')).toBeDefined();
    expect(tf.getKernel(`${kernelName}Grad`, 'wasm')).toBeDefined();
  },
);

test('an id outside the table reads zeros and adds nothing, instead of touching other tensors', async () => {
  const ids = tf.tensor1d([1, 7, -1], 'int32');
  const lookUp = (table: tf.Tensor) => ops.embedding(table, ids);
  const table = tf.ones([2, 3]);
  expect([...(await lookUp(table).data())]).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 0]);
  expect([...(await tf.grad(lookUp)(table).data())]).toEqual([0, 0, 0, 1, 1, 1]);
});

test('NaN passes through instead of becoming a number', async () => {
  const nan = tf.fill([1, 8], Number.NaN);
  const one = tf.ones([1]);
  const results = [
    ops.swiGLU(nan, nan),
    ops.geGLU(nan, nan),
    ops.rmsNorm(nan, undefined, 1e-6),
    ops.tokenCrossEntropy(nan, tf.zeros([1], 'int32'), one),
  ];
  for (const result of results) expect([...(await result.data())].every(Number.isNaN)).toBe(true);
});

test("TF.js' own gradient of gather runs, over rows of any rank and repeated ids", async () => {
  const gather = (x: tf.Tensor) => tf.gather(x, tf.tensor1d([2, 0, 2], 'int32'));
  const gradient = tf.grad(gather)(tf.ones([3, 1, 5]), tf.reshape(tf.range(0, 15), [3, 1, 5]));
  expect([...(await gradient.data())]).toEqual([5, 6, 7, 8, 9, 0, 0, 0, 0, 0, 10, 12, 14, 16, 18]);
});

test('a segment sum of integers is refused instead of misread', () => {
  const ids = tf.tensor1d([0], 'int32');
  expect(() => tf.unsortedSegmentSum(tf.ones([1, 2], 'int32'), ids, 1)).toThrow('float32');
});

test.each([0, 1, 2, -1])(
  'a split along axis %i has the parts and the gradient of a slice each',
  async (axis) => {
    const x = tf.reshape(tf.range(0, 4 * 6 * 2), [4, 6, 2]);
    const sizes = [1, x.shape.at(axis)! - 1];
    const [first, rest] = tf.split(x, sizes, axis);
    const begin = x.shape.map((_, i) => (i === (axis + 3) % 3 ? 1 : 0));
    const size = (part: tf.Tensor) => part.shape;
    expect(first!.arraySync()).toEqual(tf.slice(x, [0, 0, 0], size(first!)).arraySync());
    expect(rest!.arraySync()).toEqual(tf.slice(x, begin, size(rest!)).arraySync());
    const gradient = tf.grad((values) => tf.sum(tf.square(tf.split(values, sizes, axis)[1]!)))(x);
    const expected = tf.grad((values) => tf.sum(tf.square(tf.slice(values, begin, size(rest!)))))(x);
    expect(gradient.arraySync()).toEqual(expected.arraySync());
  },
);

test.each([0, 1, 4, -1])('unstacking axis %i gives back what was stacked, at any rank', async (axis) => {
  const parts = [0, 1, 2].map((i) => tf.reshape(tf.range(24 * i, 24 * (i + 1)), [2, 3, 2, 2]));
  const unstacked = tf.unstack(tf.stack(parts, axis), axis);
  expect(unstacked.map((part) => part.arraySync())).toEqual(parts.map((part) => part.arraySync()));
});

test('integers split too', () => {
  const parts = tf.split(tf.tensor2d([1, 2, 3, 4], [2, 2], 'int32'), 2, 1);
  expect(parts.map((part) => [part.dtype, ...part.dataSync()])).toEqual([
    ['int32', 1, 3],
    ['int32', 2, 4],
  ]);
});

test('a clone shares the values and outlives its original', async () => {
  const before = tf.memory();
  const x = tf.tensor1d([1, 2, 3]);
  const copy = tf.clone(x);
  expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers + 1);
  x.dispose();
  expect([...(await copy.data())]).toEqual([1, 2, 3]);
  copy.dispose();
  expect(tf.memory()).toEqual(before);
});

test.each([
  { begin: [1, 2, 0, 3], size: [2, 3, 5, 1] },
  { begin: [0, 2, 0, 0], size: [3, 3, 5, 4] },
  { begin: [0, 0, 4, 0], size: [3, 6, 1, 4] },
  { begin: [2, 5, 4, 3], size: [1, 1, 1, 1] },
  { begin: [0, 0, 0, 0], size: [3, 6, 5, 4] },
  { begin: [1, 1, 1, 1], size: [2, -1, 0, -1] },
])('a slice from $begin of $size holds what lies there', async ({ begin, size }) => {
  const shape = [3, 6, 5, 4];
  const x = tf.reshape(tf.range(0, 3 * 6 * 5 * 4), shape);
  const piece = tf.slice(x, begin, size);
  const sizes = size.map((count, axis) => (count < 0 ? shape[axis]! - begin[axis]! : count));
  const places = begin.reduce(
    (all, first, axis) =>
      all.flatMap((at) => Array.from({ length: sizes[axis]! }, (_, i) => at * shape[axis]! + first + i)),
    [0],
  );
  expect(piece.shape).toEqual(sizes);
  expect([...(await piece.data())]).toEqual(places);
  expect(() => tf.slice(x, begin, [4, 1, 1, 1])).toThrow();
});

test('a slice costs what it holds, not what it is cut from', () => {
  const source = tf.zeros([1, 1 << 22]);
  const timed = (work: () => tf.Tensor) => {
    const start = performance.now();
    work().dispose();
    return performance.now() - start;
  };
  // In turns, the quickest of each: what else the machine does makes none of them quicker.
  const turns = Array.from({ length: 20 }, () => [
    timed(() => tf.slice(source, [0, 1], [1, 64])),
    timed(() => tf.add(source, 1)),
  ]);
  const [piece, whole] = [0, 1].map((of) => Math.min(...turns.map((turn) => turn[of]!)));
  expect(piece).toBeLessThan(whole! / 4);
  source.dispose();
});
