/** Tensors whose numbers are written where they are to lie, with no array of them in between where the backend's memory is in reach. */
import * as tf from '@tensorflow/tfjs-core';
import { plainKernel } from './plain-kernel.ts';

export interface FillAttributes {
  shape: number[];
  fill: (numbers: Float32Array) => void;
}

export const filledKernel = plainKernel<Record<never, never>, FillAttributes>('famjs/Filled');

/**
 * A float32 tensor of `shape`.
 *
 * @param fill writes every number, row by row, and calls no ops; what it throws leaves no tensor behind
 */
export function filled(shape: readonly number[], fill: (numbers: Float32Array) => void): tf.Tensor {
  if (filledKernel.isThere()) return filledKernel({}, { shape: [...shape], fill })[0]!;
  const numbers = new Float32Array(tf.util.sizeFromShape([...shape]));
  fill(numbers);
  return tf.tensor(numbers, [...shape]);
}
