/** Auxiliary losses of the paper's appendix C, from what `Recurrence.attend` sees of whole blocks. */
import { attentionWeights, type BlockAttention, blockAttention } from '@famjs/kernels';
import * as tf from '@tensorflow/tfjs-core';
import { rotate } from './block.ts';
import { constant } from './fam.ts';
import type { Attended } from './layer.ts';

/**
 * Diversity (C.4, Eq. 2): Σ p̄ log p̄, the negative entropy of mean attention, of FAM queries over FAM and block and of
 * tokens over FAM. Summed over rows and blocks: to be divided by all rows, blocks and layers of a batch.
 */
export function diversityLoss({ tokens, fam }: Attended): tf.Scalar {
  const ofQueries = fam.map((call) => negativeEntropy(meanOver(call, ['fam', 'own'])));
  const toFam = meanOver(tokens, ['fam']);
  const ofTokens = negativeEntropy(tf.div(toFam, tf.sum(toFam, -1, true)));
  return tf.addN([...ofQueries, ofTokens]);
}

/** Probabilities on some keys, averaged over queries and heads: [B, T, keys]. */
function meanOver(call: BlockAttention, keys: readonly ('fam' | 'own')[]): tf.Tensor {
  const weights = attentionWeights(call);
  const parts = keys.map((name) => weights[name]!);
  return tf.mean(parts.length > 1 ? tf.concat(parts, -1) : parts[0]!, [2, 3]);
}

/** Σ p log p of probabilities [B, T, keys], summed over B and T. */
const negativeEntropy = (p: tf.Tensor) => tf.sum<tf.Scalar>(tf.mul(p, tf.log(tf.maximum(p, 1e-30))));

/**
 * Reconstruction (C.5): the layer runs block τ's tokens again and shows them the F activations of F_τ, where the next
 * block sees them, and nothing else; the mean squared error to what the layer made of them, whose gradient is stopped. The
 * mean over activations, summed over rows and blocks: to be divided by all rows, blocks and layers of a batch.
 */
export function reconstructionLoss({ place, x, tokens, updated, output }: Attended): tf.Scalar {
  const { block, config, rotations } = place;
  const { k, v } = updated!;
  const [B, T, F] = k.shape as [number, number, number];
  const inRow = tf.reshape(k, [B, T * F, ...k.shape.slice(3)]);
  const seen = tf.reshape(rotate(inRow, rotations.at([config.blockSize])), k.shape);
  const attention = blockAttention({ q: tokens.q, k: seen, v, scale: block.attention.scale });
  const again = block.finish(x, tf.reshape(attention, [B, -1, ...attention.shape.slice(3)]));
  return tf.mul(tf.mean<tf.Scalar>(tf.square(tf.sub(again, constant(output())))), B * T);
}
