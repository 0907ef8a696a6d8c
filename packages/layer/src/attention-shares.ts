/** Where the attention of a block's tokens goes, in four numbers. */
import { type AttentionWeights, attentionWeights } from '@famjs/kernels';
import * as tf from '@tensorflow/tfjs-core';
import type { Attended } from './layer.ts';

/**
 * The share of attention that tokens give to FAM, sinks, memory segments and their own block, where there are such: means of
 * the probabilities over rows, blocks, tokens and heads, which together are 1.
 */
export function attentionShares({ tokens }: Attended): Partial<Record<keyof AttentionWeights, tf.Scalar>> {
  return tf.tidy(() =>
    Object.fromEntries(
      Object.entries(attentionWeights(tokens)).map(([name, weights]) => [
        name,
        tf.mean(tf.sum(weights as tf.Tensor, -1)),
      ]),
    ),
  );
}
