/** Kernels that are called as they are: without a gradient, and with all their outputs. */
import * as tf from '@tensorflow/tfjs-core';
import { runKernel, type Tensors } from './kernel-op.ts';

export interface PlainKernel<Inputs extends Tensors, Attributes extends object> {
  /** The outputs. */
  (inputs: Inputs, attributes: Attributes): tf.Tensor[];
  /** Whether the current backend has it. */
  isThere(): boolean;
  readonly kernelName: string;
}

/** The kernel of a name: one of ours, `famjs/…`, or one of TensorFlow.js'. */
export function plainKernel<Inputs extends Tensors, Attributes extends object>(
  kernelName: string,
): PlainKernel<Inputs, Attributes> {
  const run = (inputs: Inputs, attributes: Attributes) => {
    const given = Object.entries(inputs).filter(([, tensor]) => tensor);
    return runKernel(kernelName, Object.fromEntries(given) as tf.NamedTensorMap, attributes);
  };
  const isThere = () => tf.getKernel(kernelName, tf.getBackend()) !== undefined;
  return Object.assign(run, { isThere, kernelName });
}
