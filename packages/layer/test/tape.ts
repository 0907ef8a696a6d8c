/** Gradients by the tape of TF.js over the whole text at once: what the recomputed backward pass must equal. */
import * as tf from '@tensorflow/tfjs-core';

type Named = Record<string, tf.Tensor>;

/** What `compute` returns, and the gradient of its loss under the name of each weight. */
export function tapeGradients<Outputs extends { loss: tf.Scalar }>(
  weights: Named,
  compute: () => Outputs & Named,
): { outputs: Outputs; gradients: Named } {
  let outputs: Outputs | undefined;
  const lossOf = () => {
    outputs = compute();
    for (const output of Object.values<tf.Tensor>(outputs)) tf.keep(output);
    return outputs.loss;
  };
  const { grads } = tf.valueAndGrads(lossOf)(Object.values(weights));
  const named = Object.keys(weights).map((name, index) => [name, grads[index]!] as const);
  return { outputs: outputs!, gradients: Object.fromEntries(named) };
}
