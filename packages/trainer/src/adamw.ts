/** AdamW (Loshchilov and Hutter, 2019) over a flat map of weights, and clipping by the global norm. */
import type { WeightMap } from '@famjs/layer';
import { adamStep } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';

export interface AdamWConfig {
  /** Decay of the mean gradient. */
  beta1: number;
  /** Decay of the mean squared gradient. */
  beta2: number;
  /** Added to the root of the mean square. Always explicit: the engine's own differs by backend. */
  epsilon: number;
  /** Share of a matrix that decays per step and unit of rate; vectors (norm gains) do not decay. */
  weightDecay: number;
  /** Largest global norm of the gradients; larger ones are scaled down to it. */
  clipNorm: number;
}

/** Mean gradients and mean squares by weight name. */
export interface Moments {
  mean: WeightMap;
  square: WeightMap;
}

export function zeroMoments(weights: WeightMap, trainable: readonly string[]): Moments {
  const zeros = () => Object.fromEntries(trainable.map((name) => [name, tf.zerosLike(weights[name]!)]));
  return { mean: zeros(), square: zeros() };
}

/**
 * One update. Every tensor of the result is new; the caller disposes of what it replaces.
 *
 * @param gradients by name; a trainable weight without one has the gradient zero
 * @param step counts from 0 where the moments were zero, for the bias correction
 */
export function adamW(
  weights: WeightMap,
  gradients: WeightMap,
  moments: Moments,
  step: number,
  rate: number,
  { beta1, beta2, epsilon, weightDecay, clipNorm }: AdamWConfig,
): { weights: WeightMap; moments: Moments; norm: tf.Scalar } {
  const names = Object.keys(moments.mean);
  const norm = globalNorm(gradients);
  const shrink = tf.minimum(tf.div(clipNorm, tf.add(norm, 1e-12)), 1);
  const correction = Math.sqrt(1 - beta2 ** (step + 1)) / (1 - beta1 ** (step + 1));
  const correctedEpsilon = epsilon * Math.sqrt(1 - beta2 ** (step + 1));
  const updated: Record<string, tf.Tensor> = {};
  const mean: Record<string, tf.Tensor> = {};
  const square: Record<string, tf.Tensor> = {};
  for (const name of names) {
    const before = { weight: weights[name]!, mean: moments.mean[name]!, square: moments.square[name]! };
    const after = adamStep(before, gradients[name], shrink as tf.Scalar, {
      ...{ beta1, beta2, epsilon: correctedEpsilon, rate: rate * correction },
      decay: before.weight.rank > 1 ? 1 - rate * weightDecay : 1,
    });
    updated[name] = after.weight;
    mean[name] = after.mean;
    square[name] = after.square;
  }
  return { weights: updated, moments: { mean, square }, norm };
}

/** Root of the sum of all squares. */
export function globalNorm(gradients: WeightMap): tf.Scalar {
  return tf.sqrt(tf.addN(Object.values(gradients).map((gradient) => tf.sum<tf.Scalar>(tf.square(gradient)))));
}
