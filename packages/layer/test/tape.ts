/** Gradients by the tape of TF.js over the whole text at once: what the recomputed backward pass must equal. */
import * as tf from '@tensorflow/tfjs-core';

/** The loss, and its gradient under the name of each weight. */
export function tapeGradients(
  weights: Record<string, tf.Tensor>,
  loss: () => tf.Scalar,
): Record<string, tf.Tensor> {
  const { value, grads } = tf.valueAndGrads(loss)(Object.values(weights));
  const named = Object.keys(weights).map((name, index) => [name, grads[index]!] as const);
  return { loss: value, ...Object.fromEntries(named) };
}
