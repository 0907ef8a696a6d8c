/** Embedding lookup, whose gradient adds up the rows of equal tokens. */
import * as tf from '@tensorflow/tfjs-core';
import { kernelOp } from './kernel-op.ts';

export const embeddingOp = kernelOp<{ table: tf.Tensor }, { ids: tf.Tensor }, Record<never, never>>({
  name: 'famjs/Embedding',
  outputs: ['value'],
  forward: ({ table, ids }) => [tf.gather(table, ids as tf.Tensor1D)],
});

/**
 * Rows of a table. The caller checks that every id is a row: backends differ in what they do where it is not.
 *
 * @param table [V, d]
 * @param ids int32 [...]
 * @returns [..., d]
 */
export function embedding(table: tf.Tensor, ids: tf.Tensor): tf.Tensor {
  const flat = tf.reshape(ids, [-1]);
  return tf.reshape(embeddingOp({ table }, { ids: flat }, {}), [...ids.shape, table.shape[1]!]);
}
