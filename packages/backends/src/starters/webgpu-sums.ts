/** Sums of many tensors on webgpu: TF.js binds all of them to one shader, and beyond the device's limit the sum is zero. */
import * as tf from '@tensorflow/tfjs-core';

type Sum = (args: { inputs: tf.TensorInfo[]; backend: unknown }) => tf.TensorInfo;

let sumAtOnce: Sum | undefined;

/** Replaces the kernel of `tf.addN` by one that adds in groups which fit. */
export function addInGroups(): void {
  if (sumAtOnce) return;
  const registered = tf.getKernel('AddN', 'webgpu')!;
  sumAtOnce = registered.kernelFunc as unknown as Sum;
  tf.unregisterKernel('AddN', 'webgpu');
  tf.registerKernel({ ...registered, kernelFunc: sumInGroups as unknown as tf.KernelFunc });
}

const sumInGroups: Sum = ({ inputs, backend }) => {
  const { device, disposeData } = backend as { device: GPUDevice } & tf.KernelBackend;
  // One buffer is the result's.
  const most = device.limits.maxStorageBuffersPerShaderStage - 1;
  let sum = sumAtOnce!({ inputs: inputs.slice(0, most), backend });
  for (let from = most; from < inputs.length; from += most - 1) {
    const next = sumAtOnce!({ inputs: [sum, ...inputs.slice(from, from + most - 1)], backend });
    disposeData.call(backend, sum.dataId);
    sum = next;
  }
  return sum;
};
