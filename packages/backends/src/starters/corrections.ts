/** Kernels of the engine that are wrong for some tensors, put right for all that call them. */
import * as tf from '@tensorflow/tfjs-core';
import type { BackendName } from '../names.ts';

type Sum = (args: { inputs: tf.Tensor[]; backend: tf.KernelBackend }) => tf.TensorInfo;

type Product = (args: {
  inputs: { a: tf.Tensor; b: tf.Tensor };
  attrs: { transposeA: boolean; transposeB: boolean };
  backend: tf.KernelBackend;
}) => tf.TensorInfo;

/**
 * `tf.addN` in groups. TF.js binds all summands to one shader, which on webgpu makes zeros of more than it takes, and on
 * webgl leaves behind what it adds up in between.
 *
 * @param most tensors in a group
 */
export function addInGroups(backendName: BackendName, most: number): void {
  replace<Sum>('AddN', backendName, (addAtOnce) => ({ inputs, backend }) => {
    let sum = addAtOnce({ inputs: inputs.slice(0, most), backend });
    for (let from = most; from < inputs.length; from += most - 1) {
      const next = addAtOnce({ inputs: [sum as tf.Tensor, ...inputs.slice(from, from + most - 1)], backend });
      backend.disposeData(sum.dataId);
      sum = next;
    }
    return sum;
  });
}

/**
 * `tf.matMul` of a batch by one matrix, along one axis of the batch. Along more, TensorFlow 2.21 with oneDNN gets some
 * wrong: [2, 1, 24, 8] by [1, 8, 8].
 */
export function multiplyAlongOneAxis(backendName: BackendName): void {
  replace<Product>('BatchMatMul', backendName, (multiply) => ({ inputs: { a, b }, ...rest }) => {
    const matrix = b.shape.slice(-2);
    if (a.shape.length < 4 || b.size > tf.util.sizeFromShape(matrix))
      return multiply({ inputs: { a, b }, ...rest });
    return tf.tidy(() => {
      const flat = { a: tf.reshape(a, [-1, ...a.shape.slice(-2)]), b: tf.reshape(b, [1, ...matrix]) };
      const product = multiply({ inputs: flat, ...rest }) as tf.Tensor;
      return tf.reshape(product, [...a.shape.slice(0, -2), ...product.shape.slice(1)]);
    });
  });
}

const replaced = new Set<string>();

/** Once, however often the backend starts. */
function replace<Kernel>(kernelName: string, backendName: BackendName, by: (kernel: Kernel) => Kernel): void {
  const name = `${kernelName} on ${backendName}`;
  if (replaced.has(name)) return;
  replaced.add(name);
  const registered = tf.getKernel(kernelName, backendName)!;
  const kernelFunc = by(registered.kernelFunc as Kernel) as tf.KernelFunc;
  tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({ ...registered, kernelFunc });
}
