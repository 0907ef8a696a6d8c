/** What training does to FAM between blocks: nothing, seeded noise, or a stopped gradient. */
import * as tf from '@tensorflow/tfjs-core';
import type { Place, Recurrence } from '../src/index.ts';

const stop = tf.customGrad((fam) => ({
  value: tf.clone(fam as tf.Tensor),
  gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
}));

/** Noise that the place alone determines. */
const noise = (shape: number[], { layer, block }: Place) =>
  tf.randomNormal(shape, 0, 0.3, 'float32', 1 + layer + 10 * block);

export const recurrences = {
  plain: {},
  noisy: { disturb: (fam, at) => tf.add(fam, noise(fam.shape, at)) },
  stopped: { disturb: (fam) => stop(fam) },
} satisfies Record<string, Recurrence>;
