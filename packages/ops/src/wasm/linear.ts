/** Linear maps on wasm: packed SIMD matrix products that read either side in either order. */
import type * as tf from '@tensorflow/tfjs-core';
import type { GradientsOf, Host } from './module.ts';

/** The weight is always there: an input or, where it is frozen, a constant, whose gradient does without x. */
type Inputs = { x?: tf.TensorInfo; weight?: tf.TensorInfo };

/** A matrix at an address, with the bytes from one row and from one column to the next. */
interface Matrix {
  address: number;
  row: number;
  column: number;
}

/** Below so many rows, products of rows beat packed tiles. */
const FEW_ROWS = 5;

export function linear(host: Host, { x, weight }: Inputs): tf.TensorInfo[] {
  const { rows, inner, out } = sizesOf(x!, weight!);
  const y = host.output([...x!.shape.slice(0, -1), out]);
  if (rows < FEW_ROWS) {
    host.run.matMulByDots(host.address(x!), host.address(weight!), y.address, rows, out, inner);
  } else {
    multiply(
      host,
      matrix(host, x!, inner),
      transposed(matrix(host, weight!, inner)),
      y.address,
      rows,
      out,
      inner,
    );
  }
  return [y.info];
}

export function linearGradient(
  host: Host,
  { x, weight, dy }: Inputs & { dy: tf.TensorInfo },
  { gradientsOf }: GradientsOf<'x' | 'weight'>,
): tf.TensorInfo[] {
  const { rows, inner, out } = sizesOf(dy, weight!);
  const upstream = matrix(host, dy, out);
  const ofX = (to: number) => multiply(host, upstream, matrix(host, weight!, inner), to, rows, inner, out);
  const ofWeight = (to: number) =>
    multiply(host, transposed(upstream), matrix(host, x!, inner), to, out, inner, rows);
  return gradientsOf.map((name) => {
    const gradient = host.output(name === 'x' ? [...dy.shape.slice(0, -1), inner] : weight!.shape);
    (name === 'x' ? ofX : ofWeight)(gradient.address);
    return gradient.info;
  });
}

/** x [..., inner] or y [..., out] is `rows` rows. */
function sizesOf({ shape }: tf.TensorInfo, weight: tf.TensorInfo) {
  const [out, inner] = weight.shape as [number, number];
  return { rows: shape.slice(0, -1).reduce((a, b) => a * b, 1), inner, out };
}

/** At `to`, left [rows, depth] · right [depth, columns]. */
function multiply(
  host: Host,
  left: Matrix,
  right: Matrix,
  to: number,
  rows: number,
  columns: number,
  depth: number,
): void {
  const scratch = host.scratch(host.run.matMulScratch());
  host.run.matMul(
    ...[left.address, left.row, left.column, right.address, right.column, right.row],
    ...[to, rows, columns, depth, scratch],
  );
}

function matrix(host: Host, tensor: tf.TensorInfo, width: number): Matrix {
  return { address: host.address(tensor), row: 4 * width, column: 4 };
}

function transposed({ address, row, column }: Matrix): Matrix {
  return { address, row: column, column: row };
}
