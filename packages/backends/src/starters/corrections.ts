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

/** TensorFlow.js' numbers for its programs of products, in its flag. */
const programs = { chosenByTensorFlowJs: -1, smallTiles: 2, largeTiles: 3 };
const programFlag = 'WEBGPU_MATMUL_PROGRAM_TYPE';

/**
 * `tf.matMul` of one long pair of matrices without atomic sums. TF.js splits the products of a small result among
 * workgroups that add in whatever order they come, and their last bits differ from run to run.
 */
export function multiplyInOneOrder(backendName: BackendName): void {
  for (const kernelName of ['BatchMatMul', '_FusedMatMul']) {
    replace<Product>(kernelName, backendName, (multiply) => (args) => {
      const program = tf.env().getNumber(programFlag);
      if (program !== programs.chosenByTensorFlowJs || !mightSplit(args)) return multiply(args);
      const { thresholdToIncreaseWorkgroups } = args.backend as unknown as Record<string, number>;
      const small = tilesOf(args) <= thresholdToIncreaseWorkgroups!;
      tf.env().set(programFlag, small ? programs.smallTiles : programs.largeTiles);
      try {
        return multiply(args);
      } finally {
        tf.env().set(programFlag, program);
      }
    });
  }
}

/** Whether TF.js might split the sums: those of a single pair of matrices, over 2,000 products and more. */
function mightSplit({ inputs: { a, b }, attrs }: Parameters<Product>[0]): boolean {
  const inner = a.shape.at(attrs.transposeA ? -2 : -1)!;
  return inner >= 2000 && [a, b].every(({ shape }) => tf.util.sizeFromShape(shape.slice(0, -2)) === 1);
}

/** Tiles of 32 by 32 in the result. */
function tilesOf({ inputs: { a, b }, attrs }: Parameters<Product>[0]): number {
  const [rows, columns] = [a.shape.at(attrs.transposeA ? -1 : -2)!, b.shape.at(attrs.transposeB ? -2 : -1)!];
  return Math.ceil(rows / 32) * Math.ceil(columns / 32);
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
