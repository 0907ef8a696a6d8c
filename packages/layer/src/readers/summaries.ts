/**
 * AutoCompressor (Chevalier et al., 2023): every block ends with F summary tokens, and the summaries of the blocks before
 * it stand at its beginning, causal throughout.
 */
import * as tf from '@tensorflow/tfjs-core';
import { alone } from '../alone.ts';
import { constant } from '../fam.ts';
import { run } from '../positions.ts';
import type { Stack } from '../stack.ts';
import { type FamState, lastRows } from '../state.ts';
import { readBehind } from './behind.ts';
import { placesAt, type Reader } from './reader.ts';

export const summariesReader: Reader = {
  sequential: true,

  start: (stack, rows) => ({ filled: 0, own: 0, rows, layers: stack.blocks.map(() => ({})) }),

  read: (stack, x, state, piece) =>
    readBehind(stack, x, state, piece, {
      inputs: ({ rows }) => {
        const { prompt } = stack;
        return tf.broadcastTo(tf.expandDims(prompt!, 0), [rows.length, ...prompt!.shape]);
      },
      causal: true,
      next: (after, top) => withSummaries(stack, after, stoppedEverySecond(after, kept(stack, after, top))),
    }),

  renew: (stack, state) => {
    if (!state.summary) return state;
    const { layers } = withSummaries(stack, state, state.summary);
    return { ...state, layers: state.layers.map((held, l) => ({ ...held, summary: layers[l]!.summary })) };
  },
};

/** The summaries with another block's, of which the oldest go when there are too many. */
function kept({ config }: Stack, { summary }: FamState, top: tf.Tensor): tf.Tensor {
  if (!summary) return top;
  return lastRows(tf.concat([summary, top], 1), config.variant.maxSummaries * config.famLength);
}

/** No gradient passes the summaries after blocks 1, 3, 5 …, of each row by its own count. */
function stoppedEverySecond({ rows }: FamState, summaries: tf.Tensor): tf.Tensor {
  const stops = rows.map(({ blocks }) => blocks % 2 === 1);
  if (!stops.includes(true)) return summaries;
  if (!stops.includes(false)) return constant(summaries);
  const mask = tf.tensor3d(stops.map(Number), [rows.length, 1, 1]);
  return tf.add(tf.mul(summaries, tf.sub(1, mask)), tf.mul(constant(summaries), mask));
}

/** The state of an empty block that begins with summaries, [B, K, d]. */
function withSummaries(stack: Stack, state: FamState, summary: tf.Tensor): FamState {
  const K = summary.shape[1]!;
  let x = () => summary;
  const layers = placesAt(stack, state.rows).map(({ block, rotations }) => {
    const read = alone(block, x(), rotations.at(run(-K, K)), true);
    x = read.x;
    return { summary: { k: read.k, v: read.v } };
  });
  return { ...state, summary, layers };
}
