/**
 * The Recurrent Memory Transformer in its decoder form (`rmt`; Bulatov et al., 2022): a block begins with F read tokens
 * and ends with F write tokens, whose top activations are what the next block reads.
 */
import * as tf from '@tensorflow/tfjs-core';
import { alone } from '../alone.ts';
import { run } from '../positions.ts';
import type { Stack } from '../stack.ts';
import type { FamState } from '../state.ts';
import { readBehind } from './behind.ts';
import { placesAt, type Reader } from './reader.ts';

export const tokensReader: Reader = {
  sequential: true,

  start(stack, rows) {
    const { prompt } = stack;
    const summary = tf.broadcastTo(tf.expandDims(prompt!, 0), [rows.length, ...prompt!.shape]);
    return withMemory(stack, { filled: 0, own: 0, rows, layers: [] }, summary);
  },

  read: (stack, x, state, piece) =>
    readBehind(stack, x, state, piece, {
      inputs: ({ summary }) => summary!,
      causal: false,
      next: (after, top) => withMemory(stack, after, top),
    }),

  renew: (stack, state) => {
    const { layers } = withMemory(stack, state, state.summary!);
    return { ...state, layers: state.layers.map((held, l) => ({ ...held, summary: layers[l]!.summary })) };
  },
};

/** The state of an empty block whose read tokens are the memory, [B, F, d]: they see each other and nothing else. */
function withMemory(stack: Stack, state: FamState, memory: tf.Tensor): FamState {
  const { famLength: F } = stack.config;
  let x = () => memory;
  const layers = placesAt(stack, state.rows).map(({ block, rotations }) => {
    const read = alone(block, x(), rotations.at(run(-F, F)));
    x = read.x;
    return { summary: { k: read.k, v: read.v } };
  });
  return { ...state, summary: memory, layers };
}
