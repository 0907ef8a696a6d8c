/** Linear maps by quantised matrices: products in which weights are widened where they are multiplied, and never as a whole. */
import * as tf from '@tensorflow/tfjs-core';
import { kernelOp } from './kernel-op.ts';
import { type BlockAttributes, type Quantised, widenedRows, widenedRowsKernel } from './quantised.ts';
import { shaped } from './shaped.ts';

/** [..., in] · (piece of [out, in])ᵀ → [..., out]; the matrix is frozen. */
export const quantisedLinearOp = kernelOp<{ x: tf.Tensor }, { words: tf.Tensor }, BlockAttributes>({
  name: 'famjs/QuantisedLinear',
  outputs: ['value'],
  reads: () => ['words'],
  forward({ x, words }, { type, width }) {
    const rows = shaped(x, [x.size / width, width]);
    const parts = inRuns(words, width, (from, count) =>
      tf.matMul(rows, widenedRows({ type, shape: [0, width] }, words, from, count), false, true),
    );
    const joined = parts.length > 1 ? tf.concat(parts, 1) : parts[0]!;
    return [shaped(joined, [...x.shape.slice(0, -1), words.shape[0]!])];
  },
  backward(dy, { words }, { type, width }) {
    const out = words.shape[0]!;
    const upstream = shaped(dy, [dy.size / out, out]);
    const parts = inRuns(words, width, (from, count) =>
      tf.matMul(
        tf.slice(upstream, [0, from], [-1, count]),
        widenedRows({ type, shape: [0, width] }, words, from, count),
      ),
    );
    return { x: shaped(parts.length > 1 ? tf.addN(parts) : parts[0]!, [...dy.shape.slice(0, -1), width]) };
  },
});

/** Numbers that are widened at once. */
const mostNumbers = 2 ** 20;

function inRuns<Part>(words: tf.Tensor, width: number, of: (from: number, count: number) => Part): Part[] {
  const rows = words.shape[0]!;
  const most = Math.max(1, Math.floor(mostNumbers / width));
  return Array.from({ length: Math.ceil(rows / most) }, (_, run) =>
    of(run * most, Math.min(most, rows - run * most)),
  );
}

/** x · weightᵀ, piece by piece. */
export function quantisedLinear(x: tf.Tensor, { type, shape, pieces }: Quantised): tf.Tensor {
  const parts = pieces.map((words) => quantisedLinearOp({ x }, { words }, { type, width: shape[1]! }));
  if (parts.length === 1) return parts[0]!;
  const joined = tf.concat(parts, -1);
  tf.dispose(parts);
  return joined;
}

/**
 * Rows of a quantised table, widened.
 *
 * @param ids int32 [N]
 * @returns [N, width]
 */
export function quantisedEmbedding({ type, shape, pieces }: Quantised, ids: tf.Tensor): tf.Tensor {
  const attributes = { type, width: shape[1]!, from: 0, count: ids.size };
  if (pieces.length === 1) return widenedRowsKernel({ words: pieces[0]!, ids }, attributes)[0]!;
  return tf.tidy(() => {
    let from = 0;
    const parts = pieces.map((words) => {
      const own = widenedRowsKernel({ words, ids: tf.sub(ids, tf.scalar(from, 'int32')) }, attributes)[0]!;
      from += words.shape[0]!;
      return own;
    });
    return tf.addN(parts);
  });
}
