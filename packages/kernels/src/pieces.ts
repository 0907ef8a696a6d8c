/** Attention of more blocks than a device has room for in one call: some rows of the batch, then some blocks, at a time. */
import * as tf from '@tensorflow/tfjs-core';
import type { BlockAttention, KeysValues } from './call.ts';

/**
 * The value of a call from calls of at most `most` blocks, those of all rows of the batch together. Differentiable where
 * `attend` is.
 *
 * @param attend attention of one piece
 */
export function inPieces(
  call: BlockAttention,
  most: number,
  attend: (piece: BlockAttention) => tf.Tensor,
): tf.Tensor {
  const [B, T] = call.q.shape as [number, number];
  if (B * T <= most) return attend(call);
  const axis = B > 1 ? 0 : 1;
  const size = Math.max(1, axis === 0 ? Math.floor(most / T) : most);
  return tf.tidy(() => {
    const pieces: tf.Tensor[] = [];
    for (let first = 0; first < call.q.shape[axis]!; first += size) {
      const count = Math.min(size, call.q.shape[axis]! - first);
      const piece = axis === 0 ? rowsOf(call, first, count) : blocksOf(call, first, count);
      pieces.push(inPieces(piece, most, attend));
    }
    return joined(pieces, axis);
  });
}

/** Some rows of the batch. */
function rowsOf(call: BlockAttention, first: number, count: number): BlockAttention {
  const rows = (x: tf.Tensor) => part(x, 0, first, count);
  const both = (pair: KeysValues) => ({ k: rows(pair.k), v: rows(pair.v) });
  const { q, fam, memory, sinks, visible } = call;
  return {
    ...call,
    ...{ q: rows(q), ...both(call) },
    fam: fam && both(fam),
    memory: memory && { ...memory, ...both(memory) },
    sinks: sinks && both(sinks),
    visible: visible && tf.slice(visible, first, count),
  };
}

/** Some blocks, which have those before them as their memory. */
function blocksOf(call: BlockAttention, first: number, count: number): BlockAttention {
  const blocks = (x: tf.Tensor) => part(x, 1, first, count);
  const both = (pair: KeysValues) => ({ k: blocks(pair.k), v: blocks(pair.v) });
  const { q, k, v, fam, memory, visible } = call;
  const before = (past: tf.Tensor, own: tf.Tensor) => part(joined([past, own], 1), 1, first, past.shape[1]!);
  return {
    ...call,
    ...{ q: blocks(q), ...both(call) },
    fam: fam && both(fam),
    memory: memory && { ...memory, k: before(memory.k, k), v: before(memory.v, v) },
    visible: visible && tf.add(visible, tf.scalar(first, 'int32')),
  };
}

/** A slice along axis 0 or 1, at rank 3: backends cut along few axes fast. */
function part(x: tf.Tensor, axis: 0 | 1, first: number, count: number): tf.Tensor {
  const flat = tf.reshape(x, [x.shape[0]!, x.shape[1]!, x.size / (x.shape[0]! * x.shape[1]!)]);
  const cut = axis === 0 ? tf.slice(flat, [first], [count]) : tf.slice(flat, [0, first], [-1, count]);
  return tf.reshape(cut, x.shape.with(axis, count));
}

function joined(parts: tf.Tensor[], axis: 0 | 1): tf.Tensor {
  const flat = parts.map((x) => {
    const [rows, blocks] = x.shape as [number, number];
    return tf.reshape(x, [rows, blocks, x.size / (rows * blocks)]);
  });
  const all = tf.concat(flat, axis);
  return tf.reshape(all, parts[0]!.shape.with(axis, all.shape[axis]!));
}
