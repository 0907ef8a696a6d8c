/**
 * Sums of more tensors than one shader takes. TF.js binds all of them at once on webgpu, which makes zeros, and on webgl
 * leaves behind what it adds up in between.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BackendName } from '../names.ts';

type Sum = (args: { inputs: tf.TensorInfo[]; backend: tf.KernelBackend }) => tf.TensorInfo;

const replaced = new Set<BackendName>();

/**
 * Replaces the kernel of `tf.addN` by one that adds in groups.
 *
 * @param most tensors in a group
 */
export function addInGroups(backendName: BackendName, most: number): void {
  if (replaced.has(backendName)) return;
  replaced.add(backendName);
  const registered = tf.getKernel('AddN', backendName)!;
  const addAtOnce = registered.kernelFunc as unknown as Sum;

  const kernelFunc: Sum = ({ inputs, backend }) => {
    let sum = addAtOnce({ inputs: inputs.slice(0, most), backend });
    for (let from = most; from < inputs.length; from += most - 1) {
      const next = addAtOnce({ inputs: [sum, ...inputs.slice(from, from + most - 1)], backend });
      backend.disposeData(sum.dataId);
      sum = next;
    }
    return sum;
  };
  tf.unregisterKernel('AddN', backendName);
  tf.registerKernel({ ...registered, kernelFunc: kernelFunc as unknown as tf.KernelFunc });
}
