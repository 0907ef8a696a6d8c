/** What training does to FAM between blocks: nothing, seeded noise, or a stopped gradient. */
import * as tf from '@tensorflow/tfjs-core';
import type { Recurrence } from '../src/index.ts';

const stop = tf.customGrad((fam) => ({
  value: tf.clone(fam as tf.Tensor),
  gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
}));

export const recurrences = {
  plain: {},
  noisy: { between: (fam) => tf.add(fam, tf.randomNormal(fam.shape, 0, 0.3, 'float32', 7)) },
  stopped: { between: (fam) => stop(fam) },
} satisfies Record<string, Recurrence>;
