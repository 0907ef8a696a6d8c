/** The two passes that are timed: forward alone, and forward with the gradients in all inputs. */
import { float32 } from '@famjs/kernels/testing';
import * as tf from '@tensorflow/tfjs-core';

export const passes = ['forward', 'with gradient'] as const;
export type Pass = (typeof passes)[number];

/** How near two contenders must come to each other. */
export const toleranceOf = (pass: Pass) => (pass === 'forward' ? float32.forward : float32.backward);

/**
 * @param dy gradient of the value
 * @returns the value alone, or the gradients in all tensors
 */
export function runPass(
  pass: Pass,
  f: (tensors: tf.Tensor[]) => tf.Tensor,
  tensors: tf.Tensor[],
  dy: tf.Tensor,
): tf.Tensor[] {
  return tf.tidy(() => (pass === 'forward' ? [f(tensors)] : tf.grads((...given) => f(given))(tensors, dy)));
}
