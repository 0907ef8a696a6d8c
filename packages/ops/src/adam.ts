/** One step of AdamW (Loshchilov and Hutter, 2019) for one weight: a dispatch on backends that have a kernel for it. */
import * as tf from '@tensorflow/tfjs-core';
import { plainKernel } from './plain-kernel.ts';

/** What is updated, all of one shape. */
export interface AdamState {
  weight: tf.Tensor;
  /** Running mean of the gradients. */
  mean: tf.Tensor;
  /** Running mean of their squares. */
  square: tf.Tensor;
}

export interface AdamStep {
  /** Decay of the mean gradient. */
  beta1: number;
  /** Decay of the mean square. */
  beta2: number;
  /** Added to the root of the mean square. */
  epsilon: number;
  /** The factor by which the weight itself decays; 1 for none. */
  decay: number;
  /** The factor of mean / (√square + epsilon), which is then subtracted. */
  rate: number;
}

type Inputs = Record<keyof AdamState | 'shrink', tf.Tensor> & { gradient: tf.Tensor | undefined };

export const adamStepKernel = plainKernel<Inputs, AdamStep>('famjs/AdamStep');

/**
 * mean ← β1 · mean + (1 − β1) · g, square ← β2 · square + (1 − β2) · g², weight ← decay · weight − rate · mean /
 * (√square + epsilon), with g = shrink · gradient. The bias correction is in `rate` and `epsilon`.
 *
 * @param gradient of the weight's shape; undefined is zero
 * @param shrink a scalar, for gradients that are clipped together
 * @returns new tensors
 */
export function adamStep(
  state: AdamState,
  gradient: tf.Tensor | undefined,
  shrink: tf.Scalar,
  step: AdamStep,
): AdamState {
  if (!adamStepKernel.isThere()) return composition(state, gradient, shrink, step);
  const [weight, mean, square] = adamStepKernel({ ...state, gradient, shrink }, step);
  return { weight: weight!, mean: mean!, square: square! };
}

/** The reference, and what runs where there is no kernel. */
function composition(
  { weight, ...before }: AdamState,
  gradient: tf.Tensor | undefined,
  shrink: tf.Scalar,
  { beta1, beta2, epsilon, decay, rate }: AdamStep,
): AdamState {
  return tf.tidy(() => {
    const shrunk = gradient ? tf.mul(gradient, shrink) : tf.zerosLike(weight);
    const mean = tf.add(tf.mul(before.mean, beta1), tf.mul(shrunk, 1 - beta1));
    const square = tf.add(tf.mul(before.square, beta2), tf.mul(tf.square(shrunk), 1 - beta2));
    const direction = tf.div(mean, tf.add(tf.sqrt(square), epsilon));
    const decayed = decay === 1 ? weight : tf.mul(weight, decay);
    return { weight: tf.sub(decayed, tf.mul(direction, rate)), mean, square };
  }) as unknown as AdamState;
}
