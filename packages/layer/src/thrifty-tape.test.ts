/** A tape that frees behind itself: the same gradients, and less held the farther back it has come. */
import { setBackend } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { freeBehind } from './thrifty-tape.ts';

beforeAll(() => setBackend('cpu'));

const random = (seed: number) => tf.randomUniform([6, 6], -1, 1, 'float32', seed);

/** One gradient for both, as no kernel of ours does it. */
const both = tf.customGrad((a, b) => ({
  value: tf.add(a as tf.Tensor, b as tf.Tensor),
  gradFunc: (dy: tf.Tensor) => [dy, dy],
}));

test('what it has passed is freed, and its gradients are those of the tape as it is', async () => {
  const weights = Array.from({ length: 10 }, (_, i) => random(i));
  const x = random(99);
  let [forward, backward] = [0, 0];
  const probe = tf.customGrad((x) => ({
    value: tf.clone(x as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => {
      backward = tf.memory().numDataBuffers;
      return tf.clone(dy);
    },
  }));
  const gradients = (thrifty: boolean) =>
    tf.tidy(() => {
      const loss = () => {
        let y = probe(x);
        for (const weight of weights) y = both(tf.tanh(tf.matMul(y, weight)), y);
        forward = tf.memory().numDataBuffers;
        const sum = tf.sum(y);
        if (thrifty) freeBehind(tf.engine().state.activeTape);
        return sum;
      };
      return tf.engine().gradients(loss, [x, ...weights], undefined as never, true).grads;
    });
  const numbers = async (thrifty: boolean) => {
    const found = gradients(thrifty);
    const read = await Promise.all(found.map((gradient) => gradient.array()));
    tf.dispose(found);
    return read;
  };
  const before = tf.memory().numTensors;
  const thrifty = await numbers(true);
  expect(backward).toBeLessThan(forward);
  expect(tf.memory().numTensors).toBe(before);
  expect(thrifty).toEqual(await numbers(false));
  expect(backward).toBeGreaterThan(forward);
});
