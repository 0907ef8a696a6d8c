/** A step of AdamW against float64, with gradients and without, and what it leaves behind. */
import { describeEachBackend, expectClose } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { randomValues } from '../test/expect-op.ts';
import { adamStep } from './index.ts';

const step = { beta1: 0.9, beta2: 0.99, epsilon: 1e-6, decay: 0.99, rate: 0.03 };

describeEachBackend('a step of AdamW', () => {
  test.each([[[]], [[7]], [[40, 33]]])(
    'of a weight of shape [%s] is the textbook',
    async (shape: number[]) => {
      const values = (seed: number) => randomValues(tf.util.sizeFromShape(shape), seed);
      const [w, m, g] = [values(1), values(2), values(4)];
      const v = values(3).map(Math.abs);
      const before = {
        weight: tf.tensor(w, shape),
        mean: tf.tensor(m, shape),
        square: tf.tensor(v, shape),
      };
      const gradient = tf.tensor(g, shape);
      const shrink = tf.scalar(0.25);
      for (const [given, scale] of [
        [gradient, 0.25],
        [undefined, 0],
      ] as const) {
        const { numTensors } = tf.memory();
        const after = adamStep(before, given, shrink, step);
        expect(tf.memory().numTensors).toBe(numTensors + 3);
        const mean = Array.from(m, (value, i) => 0.9 * value + 0.1 * scale * g[i]!);
        const square = Array.from(v, (value, i) => 0.99 * value + 0.01 * (scale * g[i]!) ** 2);
        const weight = Array.from(
          w,
          (value, i) => 0.99 * value - (0.03 * mean[i]!) / (Math.sqrt(square[i]!) + 1e-6),
        );
        for (const [name, expected] of Object.entries({ mean, square, weight })) {
          const actual = after[name as keyof typeof after];
          expect(actual.shape).toEqual(shape);
          await expectClose(actual, expected, { relative: 1e-5, absolute: 1e-6 }, name);
        }
        tf.dispose({ ...after });
      }
      tf.dispose([...Object.values(before), gradient, shrink]);
    },
  );
});
