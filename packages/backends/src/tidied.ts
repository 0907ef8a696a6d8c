/** `tf.tidy` for results of any type, such as states and results that hold numbers beside tensors. */
import * as tf from '@tensorflow/tfjs-core';

/** Runs `compute` and disposes of every tensor it made that is not in its result. */
export function tidied<Result>(compute: () => Result): Result {
  return tf.tidy(compute as unknown as () => tf.TensorContainer) as Result;
}
