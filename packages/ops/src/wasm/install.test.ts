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
    ops.swiGLU(nan),
    ops.geGLU(nan),
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
