/** Node has its core for others while a GPU computes. */
import * as tf from '@tensorflow/tfjs-core';
import { expect, test, vi } from 'vitest';
import { setBackend } from './index.ts';

const reason = await setBackend('webgpu').then(
  () => undefined,
  ({ message }) => message,
);

/** Work for more than a moment. */
const powers = (times: number) =>
  tf.tidy(() => {
    let x: tf.Tensor2D = tf.fill([256, 256], 1 / 256);
    for (let i = 0; i < times; i++) x = tf.matMul(x, x);
    return x;
  });

/** Turns of the event loop while `work` goes on. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let [turns, done] = [0, false];
  const turn = () => {
    turns++;
    if (!done) setImmediate(turn);
  };
  turn();
  await work();
  done = true;
  return turns;
}

test.skipIf(reason)(reason ?? 'whoever waits for values does not spin', async () => {
  const x = powers(20);
  const since = performance.now();
  const turns = await turnsDuring(async () => expect((await x.data())[0]).toBeCloseTo(1 / 256));
  // Dawn alone makes a hundred and more a millisecond.
  expect(turns).toBeLessThan(50 + 20 * (performance.now() - since));
  x.dispose();
});

test.skipIf(reason)(reason ?? 'a turn sleeps once, however many waits there were', async () => {
  const sleeps = vi.spyOn(Atomics, 'wait');
  const tensors = Array.from({ length: 8 }, () => powers(4));
  const turns = await turnsDuring(async () => {
    for (const x of tensors) await x.data();
  });
  expect(sleeps.mock.calls.length).toBeGreaterThan(0);
  expect(sleeps.mock.calls.length).toBeLessThanOrEqual(turns + tensors.length);
  sleeps.mockRestore();
  tf.dispose(tensors);
});
