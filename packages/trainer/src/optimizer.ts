/** What an optimizer is: slots beside the trained weights, and an update of both. */
import type { WeightMap } from '@famjs/layer';
import * as tf from '@tensorflow/tfjs-core';

/** Shapes of tensors by name. */
export type Shapes = Readonly<Record<string, readonly number[]>>;

export const shapesOf = (tensors: WeightMap): Shapes =>
  Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape]));

export interface Update {
  /** The trained weights alone. */
  weights: WeightMap;
  /** By name; a weight without one has the gradient zero. */
  gradients: WeightMap;
  slots: WeightMap;
  /** Root of the sum of all squares of the gradients. */
  norm: tf.Scalar;
  /** Updates made since the slots were zero. */
  step: number;
  rate: number;
}

export interface Optimizer {
  /** Its name and settings in plain JSON, by which a checkpoint knows it. */
  readonly about: Readonly<Record<string, unknown>>;
  /** Names and shapes of the slots that trained weights of these shapes need; all begin as zeros. */
  init(weights: Shapes): Shapes;
  /** One update. Every tensor of the result is new; the caller disposes of what it replaces. */
  update(update: Update): { weights: WeightMap; slots: WeightMap };
}

/** Root of the sum of all squares; 0 where there is nothing. */
export function globalNorm(gradients: WeightMap): tf.Scalar {
  const squares = Object.values(gradients).map((gradient) => tf.sum<tf.Scalar>(tf.square(gradient)));
  return tf.sqrt(tf.addN([tf.scalar(0), ...squares]));
}
