/** Runs kernels of ours on native TensorFlow: they are made of core ops, whose tensors are freed when a kernel ends. */
import * as tf from '@tensorflow/tfjs-core';
import { registrarFor } from './registrar.ts';

/** Registers kernels for the tensorflow backend, which get no host. */
export const registerTensorFlowKernels = registrarFor<object, undefined>(
  'tensorflow',
  () => undefined,
  (call) => tf.tidy(call as () => tf.TensorContainer) as ReturnType<typeof call>,
);
