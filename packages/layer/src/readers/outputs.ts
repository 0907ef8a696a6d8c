/**
 * Memory of outputs (`fm`, feedback memory): keys and values of earlier blocks are projected from what the layer made of
 * them, so that each block waits for the one before it, and memory reaches back without end.
 */
import * as tf from '@tensorflow/tfjs-core';
import { type LayerResult, stepLayer } from '../layer.ts';
import { appended, capacityOf, trimmed } from '../past.ts';
import type { LayerState, Past } from '../state.ts';
import { advanced, callsOf, type Reader, withStoppedMemory } from './reader.ts';

export const outputsReader: Reader = {
  sequential: true,

  start: (stack, rows) => ({ filled: 0, own: 0, rows, layers: stack.blocks.map(() => ({})) }),

  read(stack, x, given, piece) {
    const { blockSize: C } = stack.config;
    const state = withStoppedMemory(given, piece);
    const end = state.filled + x.shape[1]!;
    const closes = end === C;
    const results: LayerResult[] = [];
    callsOf(stack, state, x.shape[1]!, piece).forEach((call, l) => {
      const below = results[l - 1]?.x() ?? x;
      const held = state.layers[l]!;
      const read = stepLayer(call, below, { past: held.past });
      const output = read.x();
      const { k, v } = call.block.project(output, call.rotations.tokens);
      const fresh = { k: k(), v: v() };
      const outputs = appended(held.outputs, fresh, state.own + state.filled, capacityOf(stack.config));
      results.push({ x: () => output, state: { past: closes ? shared(outputs) : read.state.past, outputs } });
    });
    const layers = results.map((result) => result.state);
    const after = { ...state, filled: end % C, layers };
    return {
      x: results.at(-1)!.x,
      state: closes
        ? trimmed(stack.config, { ...after, own: state.own + C, rows: advanced(state.rows, 1) })
        : after,
    };
  },

  renew: (_, state) => state,
};

/** Handles of their own on the same logs. */
const shared = ({ k, v }: Past): NonNullable<LayerState['past']> => ({
  k: { ...k, tensor: tf.clone(k.tensor) },
  v: { ...v, tensor: tf.clone(v.tensor) },
});
