/** How likely a model finds the tokens that a text goes on with, without ever holding the logits of a long one. */
import { tokenCrossEntropy } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import { type HeldModel, logitsOf } from '../model.ts';

/** A text as its tokens, and how likely the model found each. */
export interface Score {
  tokens: number[];
  /**
   * The natural logarithm of each token's probability after all tokens before it, those that the session read earlier
   * included. NaN for the first token of an empty session, which follows nothing.
   */
  logProbabilities: Float32Array;
}

/** Logits that are held at once. */
const largest = 2 ** 22;

/**
 * Log-probabilities [N] of tokens [N], each from the activations [N, d] of the token before it.
 *
 * @param hidden above the stack, before the final norm
 */
export function logProbabilitiesOf(model: HeldModel, hidden: tf.Tensor2D, tokens: tf.Tensor1D): tf.Tensor1D {
  const [count] = hidden.shape;
  const rows = Math.max(1, Math.floor(largest / model.config.vocabularySize));
  const parts: tf.Tensor1D[] = [];
  for (let from = 0; from < count; from += rows) {
    const size = Math.min(rows, count - from);
    parts.push(
      tf.tidy(() => {
        const logits = logitsOf(model, tf.slice(hidden, [from, 0], [size, -1]));
        return tf.neg(
          tokenCrossEntropy(logits, tf.slice(tokens, from, size), tf.ones([size])),
        ) as tf.Tensor1D;
      }),
    );
  }
  return parts.length === 1 ? parts[0]! : tf.concat(parts);
}

/** The runs of one text as a whole; the token that opened it has no probability. */
export function joinedScores(runs: readonly Score[]): Score {
  const tokens = runs.flatMap((run) => run.tokens);
  const logProbabilities = new Float32Array(tokens.length).fill(Number.NaN);
  let at = 0;
  for (const run of runs) {
    at += run.tokens.length;
    logProbabilities.set(run.logProbabilities, at - run.logProbabilities.length);
  }
  return { tokens, logProbabilities };
}
