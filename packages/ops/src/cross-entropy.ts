/** Cross-entropy of tokens with a weight for each, in which no one-hot row of the vocabulary is ever made. */
import { require, ShapeError } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { kernelOp } from './kernel-op.ts';

type Constants = { labels: tf.Tensor; weights: tf.Tensor };

/** Indices [N, 2] of (row, label). */
const labelIndices = (labels: tf.Tensor) =>
  tf.stack([tf.range(0, labels.size, 1, 'int32'), labels], 1) as tf.Tensor2D;

export const tokenCrossEntropyOp = kernelOp<
  { logits: tf.Tensor },
  Constants,
  Record<never, never>,
  'value' | 'logSumExp'
>({
  name: 'famjs/TokenCrossEntropy',
  outputs: ['value', 'logSumExp'],
  forward({ logits, labels, weights }) {
    const [rows, vocabulary] = logits.shape as [number, number];
    const logSumExp = tf.logSumExp(logits, 1);
    const flat = tf.add(labels, tf.range(0, rows * vocabulary, vocabulary, 'int32'));
    const labelled = tf.gather(tf.reshape(logits, [-1]), flat as tf.Tensor1D);
    return [tf.mul(tf.sub(logSumExp, labelled), weights), logSumExp];
  },
  backward(dy, { logits, labels, weights, logSumExp }) {
    const [rows, vocabulary] = logits.shape as [number, number];
    const flat = tf.add(labels, tf.range(0, rows * vocabulary, vocabulary, 'int32'));
    const probabilities = tf.exp(tf.sub(logits, tf.expandDims(logSumExp, 1)));
    const labelled = tf.gather(tf.reshape(probabilities, [-1]), flat as tf.Tensor1D);
    const errors = tf.tensorScatterUpdate(probabilities, labelIndices(labels), tf.sub(labelled, 1));
    return { logits: tf.mul(errors, tf.expandDims(tf.mul(dy, weights), 1)) };
  },
});

/**
 * weight · (log Σ exp logits − logit of the label), for each of N tokens. The caller checks that labels lie in 0 … V−1.
 *
 * @param logits [N, V]
 * @param labels int32 [N]
 * @param weights [N]; 0 leaves a token out
 * @returns [N]
 * @throws ShapeError when the three do not fit together
 */
export function tokenCrossEntropy(logits: tf.Tensor, labels: tf.Tensor, weights: tf.Tensor): tf.Tensor {
  const fits = ({ shape, dtype }: tf.Tensor, wanted: tf.DataType) =>
    shape.length === 1 && shape[0] === logits.shape[0] && dtype === wanted;
  require(logits.rank === 2 && fits(labels, 'int32') && fits(weights, 'float32'), ShapeError, () => ({
    wrong: `Cross-entropy got logits [${logits.shape}], ${labels.dtype} labels [${labels.shape}], ${weights.dtype} weights [${weights.shape}].`,
    expected: 'logits [N, V], int32 labels [N] and float32 weights [N].',
    remedy: 'flatten batch and sequence into one axis, and cast.',
  }));
  return tokenCrossEntropyOp({ logits }, { labels, weights }, {});
}
