/** Ops over more tensors than a GPU binds at once, as training has them: TF.js alone makes zeros of them on webgpu. */
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { describeEachBackend } from './backends.ts';

const count = 100;
const numbers = () => Array.from({ length: count }, (_, i) => tf.mul(tf.ones([20, 60]), i));

describeEachBackend('many tensors', () => {
  test('add up, and nothing is left behind', async () => {
    const before = { ...tf.memory(), held: tf.engine().backend.numDataIds() };
    const sum = tf.tidy(() => tf.addN(numbers()));
    expect(new Set(await sum.data())).toEqual(new Set([(count * (count - 1)) / 2]));
    sum.dispose();
    const after = { ...tf.memory(), held: tf.engine().backend.numDataIds() };
    expect([after.numTensors, after.held]).toEqual([before.numTensors, before.held]);
  });

  test('stand side by side', async () => {
    const stacked = tf.tidy(() => tf.stack(numbers()));
    const values = await stacked.data();
    expect(Array.from({ length: count }, (_, i) => values[i * 1200])).toEqual(
      Array.from({ length: count }, (_, i) => i),
    );
    stacked.dispose();
  });
});
