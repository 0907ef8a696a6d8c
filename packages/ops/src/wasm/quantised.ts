/** Quantised matrices on wasm: integer products for a few rows, packed tiles of widened numbers for many. */
import type * as tf from '@tensorflow/tfjs-core';
import type { BlockDtype } from '../block-types.ts';
import type { BlockAttributes } from '../quantised.ts';
import type { Host } from './module.ts';

/** As `assembly/blocks.ts` numbers them. */
const kinds = { Q8_0: 0, Q4_0: 1, Q4_1: 2, Q4_K: 3, Q6_K: 4, F16: 5, BF16: 6 } satisfies Record<
  BlockDtype,
  number
>;

/** Below so many rows, products of rows beat packed tiles. */
const FEW_ROWS = 5;

type Inputs = { x: tf.TensorInfo; words: tf.TensorInfo };

const rowsOf = ({ shape }: tf.TensorInfo) => shape.slice(0, -1).reduce((a, b) => a * b, 1);
const pitchOf = ({ shape }: tf.TensorInfo) => 4 * shape[1]!;

export function quantisedLinear(
  host: Host,
  { x, words }: Inputs,
  { type, width }: BlockAttributes,
): tf.TensorInfo[] {
  const [rows, out] = [rowsOf(x), words.shape[0]!];
  const y = host.output([...x.shape.slice(0, -1), out]);
  const matrix = [host.address(words), pitchOf(words)];
  if (rows < FEW_ROWS) {
    const scratch = host.scratch(host.run.blockDotsScratch(rows, width));
    host.run.blockDots(kinds[type], host.address(x), ...matrix, y.address, rows, out, width, scratch);
  } else {
    const scratch = host.scratch(host.run.blockMatMulScratch());
    host.run.blockMatMul(kinds[type], host.address(x), ...matrix, true, y.address, rows, out, width, scratch);
  }
  return [y.info];
}

export function quantisedLinearGradient(
  host: Host,
  { words, dy }: Inputs & { dy: tf.TensorInfo },
  { type, width }: BlockAttributes,
): tf.TensorInfo[] {
  const dx = host.output([...dy.shape.slice(0, -1), width]);
  const scratch = host.scratch(host.run.blockMatMulScratch());
  const matrix = [host.address(words), pitchOf(words)];
  const sizes = [rowsOf(dy), width, words.shape[0]!];
  host.run.blockMatMul(kinds[type], host.address(dy), ...matrix, false, dx.address, ...sizes, scratch);
  return [dx.info];
}

export function widenedRows(
  host: Host,
  { words, ids }: { words: tf.TensorInfo; ids?: tf.TensorInfo | undefined },
  { type, width, from, count }: BlockAttributes & { from: number; count: number },
): tf.TensorInfo {
  const rows = host.output([count, width]);
  host.run.widenedRows(
    ...[kinds[type], host.address(words), pitchOf(words), words.shape[0]!],
    ...[ids ? host.address(ids) : 0, from, count, width, rows.address],
  );
  return rows.info;
}
