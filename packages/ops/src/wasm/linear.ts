/** Linear maps on wasm: packed SIMD matrix products that read either side in either order. */
import type * as tf from '@tensorflow/tfjs-core';
import type { GradientsOf, Host } from './module.ts';

/** The weight is always there: an input or, where it is frozen, a constant. */
type Inputs = { x: tf.TensorInfo; weight?: tf.TensorInfo };

/** A matrix at an address, with the bytes from one row and from one column to the next. */
interface Matrix {
  address: number;
  row: number;
  column: number;
}

/** Below so many rows, products of rows beat packed tiles. */
const FEW_ROWS = 5;

export function linear(host: Host, { x, weight }: Inputs): tf.TensorInfo[] {
  const [rows, inner] = x.shape as [number, number];
  const out = weight!.shape[0]!;
  if (rows < FEW_ROWS) return [productOfRows(host, x, weight!, rows, out, inner)];
  return [product(host, matrix(host, x), transposed(matrix(host, weight!)), rows, out, inner)];
}

export function linearGradient(
  host: Host,
  { x, weight, dy }: Inputs & { dy: tf.TensorInfo },
  { gradientsOf }: GradientsOf<'x' | 'weight'>,
): tf.TensorInfo[] {
  const [rows, inner] = x.shape as [number, number];
  const out = weight!.shape[0]!;
  const gradients = {
    x: () => product(host, matrix(host, dy), matrix(host, weight!), rows, inner, out),
    weight: () => product(host, transposed(matrix(host, dy)), matrix(host, x), out, inner, rows),
  };
  return gradientsOf.map((name) => gradients[name]());
}

/** left [rows, depth] · right [depth, columns]. */
function product(
  host: Host,
  left: Matrix,
  right: Matrix,
  rows: number,
  columns: number,
  depth: number,
): tf.TensorInfo {
  const result = host.output([rows, columns]);
  const scratch = host.scratch(host.run.matMulScratch());
  host.run.matMul(
    ...[left.address, left.row, left.column, right.address, right.column, right.row],
    ...[result.address, rows, columns, depth, scratch],
  );
  return result.info;
}

/** x [rows, inner] · weight [out, inner]ᵀ. */
function productOfRows(
  host: Host,
  x: tf.TensorInfo,
  weight: tf.TensorInfo,
  rows: number,
  out: number,
  inner: number,
): tf.TensorInfo {
  const y = host.output([rows, out]);
  host.run.matMulByDots(host.address(x), host.address(weight), y.address, rows, out, inner);
  return y.info;
}

function matrix(host: Host, tensor: tf.TensorInfo): Matrix {
  return { address: host.address(tensor), row: 4 * tensor.shape[1]!, column: 4 };
}

function transposed({ address, row, column }: Matrix): Matrix {
  return { address, row: column, column: row };
}
