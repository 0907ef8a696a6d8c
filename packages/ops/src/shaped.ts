/** A reshape where the shape is another: TF.js charges an op for one that changes nothing. */
import * as tf from '@tensorflow/tfjs-core';

/** The same tensor, or a handle of its own on its values where the shape differs. */
export function shaped(x: tf.Tensor, shape: number[]): tf.Tensor {
  return tf.util.arraysEqual(x.shape, shape) ? x : tf.reshape(x, shape);
}
