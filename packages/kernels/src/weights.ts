/** What attention pays heed to: its probabilities, for losses and for the eye, away from the hot path. */
import * as tf from '@tensorflow/tfjs-core';
import { opArguments } from './attention.ts';
import type { BlockAttention } from './call.ts';
import { probabilities } from './composition.ts';
import { sizesOf } from './problem.ts';
import { requireFit } from './require-fit.ts';

/** Probabilities [B, T, N, H, keys] by where the keys are; memory holds its segments from far to near. */
export interface AttentionWeights {
  fam?: tf.Tensor;
  sinks?: tf.Tensor;
  memory?: tf.Tensor;
  own: tf.Tensor;
}

/**
 * The probabilities with which `blockAttention` of the same call weighs values: over all keys of a query they add up to 1,
 * and times the values they are its value. Differentiable in q and all keys.
 *
 * @throws ShapeError when the shapes do not fit together
 */
export function attentionWeights(call: BlockAttention): AttentionWeights {
  const [inputs, constants, attributes] = opArguments(call);
  const given = { ...inputs, ...constants };
  requireFit(given, attributes);
  const { B, T, N, H, F, S, m, C, M } = sizesOf(given);
  return tf.tidy(() => {
    const all = probabilities(given, attributes);
    const rows = tf.transpose(tf.reshape(all, [B * T, H, N, all.shape.at(-1)!]), [0, 2, 1, 3]);
    const groups = Object.entries({ fam: F, sinks: S, memory: m * C, own: M }).filter(([, size]) => size > 0);
    const sizes = groups.map(([, size]) => size);
    // TF.js cannot differentiate a split into one part.
    const parts = sizes.length > 1 ? tf.split(rows, sizes, -1) : [rows];
    const weights = groups.map(([name], i) => [name, tf.reshape(parts[i]!, [B, T, N, H, sizes[i]!])]);
    return Object.fromEntries(weights) as AttentionWeights & Record<string, tf.Tensor>;
  }) as AttentionWeights;
}
