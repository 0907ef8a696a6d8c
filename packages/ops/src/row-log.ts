/** An append-only log of rows, whose handles share one storage: appending costs what is appended. */
import { require, ShapeError } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { plainKernel } from './plain-kernel.ts';
import { isTaped } from './taped.ts';

/** A handle of a log. It counts for rows 0 … at + n − 1 of the call that made it; what lies behind them is undefined. */
export interface RowLog {
  /** [B, L, …] */
  tensor: tf.Tensor;
  /** How many rows of the storage are written; all handles over one storage share this object. */
  mark: { written: number };
}

type Inputs = { log: tf.Tensor | undefined; rows: tf.Tensor };

/** What a kernel is given: the log's rows before `at` count, and the rows to stand from `at` on. */
export interface AppendTensors {
  log?: tf.TensorInfo | undefined;
  rows: tf.TensorInfo;
}

/** `shares` asks for the log's own storage, of `capacity` rows; without it a new one is made. */
export interface AppendAttributes {
  at: number;
  capacity: number;
  shares: boolean;
}

export const appendRowsKernel = plainKernel<Inputs, AppendAttributes>('famjs/AppendRows');

/** Rows [B, n, …] of so many values each. */
export function rowSizes({ shape }: tf.TensorInfo): { B: number; n: number; width: number } {
  const [B, n, ...inner] = shape as [number, number];
  return { B, n, width: tf.util.sizeFromShape(inner) };
}

/**
 * A new handle in which the rows at … at + n − 1 are `rows`; the log's own tensor stays and is the caller's to dispose of.
 *
 * Where the handle is the newest one of its storage (`at` equals `mark.written`) and there is room, a kernel writes the rows
 * into the storage and nothing is copied. A handle that another has overtaken gets a storage of its own, with the rows
 * before `at`, and so does one without room: L then doubles, up to `most`. On backends without such a kernel, and where a
 * gradient is recorded, L is at + n, by a copy. Differentiable.
 *
 * @param log undefined begins one
 * @param rows float32 [B, n, …]
 * @param at rows of the log that count, 0 without a log
 * @param most rows that will ever be appended, so that no room is made for more
 * @throws ShapeError when the rows are others than the log's, or `at` lies behind what is written
 */
export function appendRows(
  log: RowLog | undefined,
  rows: tf.Tensor,
  at: number,
  most = Number.POSITIVE_INFINITY,
): RowLog {
  requireFit(log, rows, at);
  const end = at + rows.shape[1]!;
  if (isTaped() || !appendRowsKernel.isThere()) {
    return { tensor: tf.tidy(() => joined(log?.tensor, rows, at)), mark: { written: end } };
  }
  const shares = log !== undefined && log.mark.written === at && end <= log.tensor.shape[1]!;
  const capacity = shares ? log.tensor.shape[1]! : capacityFor(end, most);
  const [tensor] = appendRowsKernel({ log: log?.tensor, rows }, { at, capacity, shares });
  if (!shares) return { tensor: tensor!, mark: { written: end } };
  log.mark.written = end;
  return { tensor: tensor!, mark: log.mark };
}

/** The rows that a storage for `count` of them has: a power of two, at least 16, and no more than there will be. */
const capacityFor = (count: number, most: number) =>
  Math.max(count, Math.min(most, 2 ** Math.max(4, Math.ceil(Math.log2(count)))));

function joined(log: tf.Tensor | undefined, rows: tf.Tensor, at: number): tf.Tensor {
  if (!log || at === 0) return tf.clone(rows);
  const { B, n, width } = rowSizes(rows);
  const before = tf.slice(tf.reshape(log, [B, log.shape[1]!, width]), [0, 0, 0], [B, at, width]);
  return tf.reshape(tf.concat([before, tf.reshape(rows, [B, n, width])], 1), [
    B,
    at + n,
    ...rows.shape.slice(2),
  ]);
}

function requireFit(log: RowLog | undefined, rows: tf.Tensor, at: number): void {
  const inner = ({ shape }: tf.Tensor) => [shape[0], ...shape.slice(2)] as number[];
  const held =
    rows.rank >= 2 &&
    rows.dtype === 'float32' &&
    Number.isInteger(at) &&
    at >= 0 &&
    (log
      ? at <= log.mark.written &&
        at <= log.tensor.shape[1]! &&
        tf.util.arraysEqual(inner(log.tensor), inner(rows))
      : at === 0);
  require(held, ShapeError, () => ({
    wrong:
      `Rows ${rows.dtype} [${rows.shape}] were to be appended at ${at} to ` +
      `${log ? `a log [${log.tensor.shape}] with ${log.mark.written} rows written` : 'a new log'}.`,
    expected:
      'rows float32 [B, n, …], a log [B, L, …], and a place among its written rows or just behind them.',
    remedy: 'append where the rows of the handle end.',
  }));
}
