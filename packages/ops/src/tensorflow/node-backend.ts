/** Ops of TensorFlow that TF.js does not name, or calls by one that is slower. */
import * as tf from '@tensorflow/tfjs-core';

/** What we use of the backend object of `@tensorflow/tfjs-node`. */
interface NodeBackend {
  binding: { TF_ATTR_TYPE: number; TF_ATTR_BOOL: number; TF_FLOAT: number };
  executeSingleOutput(op: string, attributes: object[], inputs: tf.Tensor[]): tf.Tensor;
}

/** The one output of an op on float32 tensors. */
export function execute(op: string, inputs: tf.Tensor[], flags: Record<string, boolean> = {}): tf.Tensor {
  const backend = tf.engine().backend as unknown as NodeBackend;
  const { TF_ATTR_TYPE, TF_ATTR_BOOL, TF_FLOAT } = backend.binding;
  const attributes = Object.entries(flags).map(([name, value]) => ({ name, type: TF_ATTR_BOOL, value }));
  return backend.executeSingleOutput(
    op,
    [{ name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT }, ...attributes],
    inputs,
  );
}
