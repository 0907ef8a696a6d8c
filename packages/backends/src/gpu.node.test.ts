/** Node has its core for others while a GPU computes. */
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { setBackend } from './index.ts';

const reason = await setBackend('webgpu').then(
  () => undefined,
  ({ message }) => message,
);

test.skipIf(reason)(reason ?? 'whoever waits for values does not spin', async () => {
  const powers = tf.tidy(() => {
    let x: tf.Tensor2D = tf.fill([256, 256], 1 / 256);
    for (let i = 0; i < 20; i++) x = tf.matMul(x, x);
    return x;
  });
  let [turns, done] = [0, false];
  const turn = () => {
    turns++;
    if (!done) setImmediate(turn);
  };
  const since = performance.now();
  turn();
  const values = await powers.data();
  done = true;
  expect(values[0]).toBeCloseTo(1 / 256);
  // Dawn alone makes a hundred and more a millisecond.
  expect(turns).toBeLessThan(50 + 20 * (performance.now() - since));
  powers.dispose();
});
