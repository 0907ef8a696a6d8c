/** A reshape where the shape is another: TF.js charges an op for one that changes nothing, and keeps its input for the gradient. */
import * as tf from '@tensorflow/tfjs-core';
import { isTaped } from './taped.ts';

/** The same tensor, or a handle of its own on its values where the shape differs. */
export function shaped(x: tf.Tensor, shape: number[]): tf.Tensor {
  const before = x.shape;
  if (tf.util.arraysEqual(before, shape)) return x;
  if (!isTaped()) return tf.reshape(x, shape);
  return tf.customGrad((x) => ({
    value: tf.reshape(x as tf.Tensor, shape),
    gradFunc: (dy: tf.Tensor) => tf.reshape(dy, before),
  }))(x);
}
