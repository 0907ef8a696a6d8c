/** Blocks of tokens behind rows that carry the past, and rows that close them: what `rmt` and `autocompressor` share. */
import { blockAttention, type KeysValues, stepAttention } from '@famjs/kernels';
import * as tf from '@tensorflow/tfjs-core';
import { constant } from '../fam.ts';
import type { LayerCall } from '../layer.ts';
import { appended } from '../past.ts';
import { run } from '../positions.ts';
import type { Stack } from '../stack.ts';
import { type FamState, type LayerState, lastRows, rowsOf } from '../state.ts';
import { advanced, callsOf, type Piece } from './reader.ts';

/** What a variant makes of a block that is full. */
export interface Closing {
  /** Inputs of the rows that close a block, [B, F, d]. */
  inputs(state: FamState): tf.Tensor;
  /** Whether those rows see none of their own that follow them. */
  causal: boolean;
  /** The state of the next block, from the top activations of those rows after the final norm. */
  next(state: FamState, top: tf.Tensor): FamState;
}

/** Reads tokens of the open block, which see its summary in full, and closes it when they fill it. */
export function readBehind(
  stack: Stack,
  x: tf.Tensor,
  state: FamState,
  piece: Piece,
  closing: Closing,
): { x: () => tf.Tensor; state: FamState } {
  const { blockSize: C } = stack.config;
  const calls = callsOf(stack, state, x.shape[1]!, piece);
  const layers: LayerState[] = [];
  let above = () => x;
  calls.forEach((call, l) => {
    const { summary, past } = state.layers[l]!;
    const below = above();
    const { q, k, v } = call.block.project(below, call.rotations.tokens);
    const log = appended(past, { k: k(), v: v() }, state.filled, C);
    layers.push({ summary, past: log });
    above = () => {
      const attention = stepAttention({
        ...{ q: q(), log: { k: log.k.tensor, v: log.v.tensor }, fam: summary },
        ...{ own: 0, offset: state.filled, segments: 0, blockSize: C },
        scale: call.block.attention.scale,
      });
      return call.block.finish(below, attention);
    };
  });
  const read = { ...state, filled: state.filled + x.shape[1]!, layers };
  if (read.filled < C) return { x: above, state: read };
  const top = stack.finalNorm(closingRows(calls, read, closing));
  const { firstBlock, members, recurrence, stopGradient } = piece;
  const before = lastRows(state.summary ?? top, stack.config.famLength);
  recurrence.observe?.(before, top, { layer: 0, block: firstBlock, members });
  const next = closing.next(read, stopGradient === 'fam' ? constant(top) : top);
  return { x: above, state: { ...next, filled: 0, rows: advanced(state.rows, 1) } };
}

/** Top activations of the rows behind the tokens of a full block, which see all before them. */
function closingRows(calls: readonly LayerCall[], state: FamState, { inputs, causal }: Closing): tf.Tensor {
  let x = inputs(state);
  calls.forEach(({ block, config, rotations }, l) => {
    const { blockSize: C, famLength: F } = config;
    const { summary, past } = state.layers[l]!;
    const { q, k, v } = block.project(x, rotations.at(run(C, F)));
    const behind = (log: tf.Tensor, own: tf.Tensor) =>
      tf.expandDims(tf.concat([rowsOf(log, 0, C), own], 1), 1);
    const attention = blockAttention({
      q: tf.expandDims(q(), 1),
      ...{ k: behind(past!.k.tensor, k()), v: behind(past!.v.tensor, v()) },
      fam: summary && inOneBlock(summary),
      ...{ scale: block.attention.scale, causalOffset: causal ? C : undefined },
    });
    x = block.finish(x, tf.squeeze(attention, [1]));
  });
  return x;
}

const inOneBlock = ({ k, v }: KeysValues): KeysValues => ({ k: tf.expandDims(k, 1), v: tf.expandDims(v, 1) });
