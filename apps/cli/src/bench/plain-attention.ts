/** Attention as anyone would write it in TF.js: concat, matMul, mask, softmax, matMul. */
import * as tf from '@tensorflow/tfjs-core';

/**
 * @param queries [N, H, D], token by token as projections produce them; so are keys, values and the result
 * @param keys the parts that a query may see, each [n, H, D]
 * @param values of the same shapes
 * @param mask [N, keys] of 0 and a large negative number, made beforehand
 * @returns [N, H, D]
 */
export function plainAttention(
  queries: tf.Tensor,
  keys: tf.Tensor[],
  values: tf.Tensor[],
  mask: tf.Tensor | undefined,
): tf.Tensor {
  const byHead = (parts: tf.Tensor[]) => tf.transpose(tf.concat(parts, 0), [1, 0, 2]);
  const scaled = tf.mul(queries, 1 / Math.sqrt(queries.shape[2]!));
  const scores = tf.matMul(byHead([scaled]), byHead(keys), false, true);
  const weights = tf.softmax(mask ? tf.add(scores, mask) : scores);
  return tf.transpose(tf.matMul(weights, byHead(values)), [1, 0, 2]);
}

/** Query i sees everything before its own block and the first `offset + i + 1` of its M keys: [N, before + M]. */
export function causalMask(N: number, M: number, before: number, offset: number): tf.Tensor {
  const hidden = (i: number, column: number) => column - before > offset + i;
  const values = Float32Array.from({ length: N * (before + M) }, (_, index) =>
    hidden(Math.floor(index / (before + M)), index % (before + M)) ? -1e9 : 0,
  );
  return tf.tensor2d(values, [N, before + M]);
}
