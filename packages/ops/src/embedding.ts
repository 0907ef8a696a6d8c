/** Embedding lookup, whose gradient adds up the rows of equal tokens. */
import * as tf from '@tensorflow/tfjs-core';
import { kernelOp } from './kernel-op.ts';
import { isQuantised, type Weight } from './quantised.ts';
import { quantisedEmbedding } from './quantised-linear.ts';

export const embeddingOp = kernelOp<{ table: tf.Tensor }, { ids: tf.Tensor }, Record<never, never>>({
  name: 'famjs/Embedding',
  outputs: ['value'],
  forward: ({ table, ids }) => [tf.gather(table, ids as tf.Tensor1D)],
});

/**
 * Rows of a table. The caller checks that every id is a row: backends differ in what they do where it is not.
 *
 * @param table [V, d]; a quantised one is frozen
 * @param ids int32 [...]
 * @returns [..., d]
 */
export function embedding(table: Weight, ids: tf.Tensor): tf.Tensor {
  const flat = tf.reshape(ids, [-1]);
  const rows = isQuantised(table)
    ? quantisedEmbedding(table, flat)
    : embeddingOp({ table }, { ids: flat }, {});
  return tf.reshape(rows, [...ids.shape, table.shape[1]!]);
}
