/** What training does to FAM between blocks: nothing, seeded noise, or a stopped gradient. */
import * as tf from '@tensorflow/tfjs-core';
import { constant, type Recurrence } from '../src/index.ts';

export const recurrences = {
  plain: {},
  noisy: {
    disturb: (fam, { layer, block }) =>
      tf.add(fam, tf.randomNormal(fam.shape, 0, 0.3, 'float32', 7 + layer + 100 * block)),
  },
  stopped: { disturb: (fam) => constant(fam) },
} satisfies Record<string, Recurrence>;
