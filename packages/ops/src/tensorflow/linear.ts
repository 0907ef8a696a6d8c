/** Linear maps on tensorflow, by its product of two matrices or, where there are many rows, by that of batches. */
import type * as tf from '@tensorflow/tfjs-core';
import { shaped } from '../shaped.ts';
import { execute } from './node-backend.ts';

/** The weight is always there: an input or, where it is frozen, a constant, whose gradient does without x. */
type Inputs = { x?: tf.TensorInfo; weight?: tf.TensorInfo };

/** Rows from which on the product of batches by a transposed matrix takes less time than that of two matrices; it takes more below. */
const manyRows = 16;

const isTall = (x: tf.Tensor) => x.shape.at(-2)! >= manyRows;

export function linear(_: undefined, inputs: Inputs): tf.TensorInfo[] {
  const [x, weight] = [inputs.x, inputs.weight] as [tf.Tensor, tf.Tensor];
  const rows = x.rank === 3 && isTall(x) ? x : rowsOf(x);
  const y = isTall(rows)
    ? execute('BatchMatMulV2', [rows, weight], { adj_x: false, adj_y: true })
    : product(rows, weight, false, true);
  return [shaped(y, [...x.shape.slice(0, -1), weight.shape[0]!])];
}

export function linearGradient(
  _: undefined,
  inputs: Inputs & { dy: tf.TensorInfo },
  { gradientsOf }: { gradientsOf: ('x' | 'weight')[] },
): tf.TensorInfo[] {
  const [x, weight, dy] = [inputs.x, inputs.weight, inputs.dy] as [tf.Tensor, tf.Tensor, tf.Tensor];
  const gradients = {
    x: () => shaped(product(rowsOf(dy), weight), [...dy.shape.slice(0, -1), weight.shape[1]!]),
    weight: () => product(rowsOf(dy), rowsOf(x), true),
  };
  return gradientsOf.map((name) => gradients[name]());
}

const product = (left: tf.Tensor, right: tf.Tensor, transpose_a = false, transpose_b = false) =>
  execute('MatMul', [left, right], { transpose_a, transpose_b });

/** [..., width] as [rows, width]. */
function rowsOf(x: tf.Tensor): tf.Tensor {
  const width = x.shape.at(-1)!;
  return shaped(x, [x.size / width, width]);
}
