/** What carries memory from block to block: one interface, of which a variant chooses the implementation. */
import type * as tf from '@tensorflow/tfjs-core';
import { constant, type FamPlace } from '../fam.ts';
import type { LayerCall, Moment } from '../layer.ts';
import { rotationsOf } from '../positions.ts';
import type { RecomputedCall } from '../recomputed-call.ts';
import type { Stack, StackResult, StoppedGradient } from '../stack.ts';
import { type FamState, mapState, type Row } from '../state.ts';

export interface Reader {
  /** Whether a block can only be read when the one before it has been. */
  sequential: boolean;
  /** The state before the first token. */
  start(stack: Stack, rows: readonly Row[]): FamState;
  /**
   * Reads tokens of the open block, or whole blocks where it is empty; all rows see equally many FAMs.
   *
   * @param x [B, n, d]
   */
  read(stack: Stack, x: tf.Tensor, state: FamState, piece: Piece): StackResult;
  /** See `renewState`. */
  renew(stack: Stack, state: FamState): FamState;
}

/** A piece of the text of a call. */
export interface Piece extends Pick<LayerCall, 'firstBlock' | 'members' | 'recurrence'> {
  stopGradient: StoppedGradient;
  recomputeLayers: RecomputedCall | undefined;
}

/** The layers' calls of a piece of text. */
export function callsOf(
  stack: Stack,
  { rows, filled, own }: Pick<FamState, 'rows' | 'filled' | 'own'>,
  tokens: number,
  { recurrence, stopGradient, firstBlock, members }: Piece,
): LayerCall[] {
  const rotations = rotationsOf(stack.config, { rows, filled, tokens });
  const hooks =
    stopGradient === 'fam'
      ? {
          ...recurrence,
          disturb: (fam: tf.Tensor, at: Moment) => constant(recurrence.disturb?.(fam, at) ?? fam),
        }
      : recurrence;
  return placesOf(stack, rotations).map((place, layer) => ({
    ...place,
    ...{ firstBlock, members },
    ...{ layer, rows, own, filled, recurrence: hooks },
  }));
}

function placesOf(stack: Stack, rotations: ReturnType<typeof rotationsOf>): FamPlace[] {
  const { config, blocks, normEpsilon } = stack;
  return blocks.map((block) => ({
    ...{ block, config, normEpsilon, rotations: rotations(block.attention.frequencies) },
  }));
}

/** The places of the layers before the first token of a call. */
export const placesAt = (stack: Stack, rows: readonly Row[]): FamPlace[] =>
  placesOf(stack, rotationsOf(stack.config, { rows, filled: 0, tokens: 1 }));

/** The state of earlier blocks as constants where no gradient is to pass there. */
export function withStoppedMemory(state: FamState, { stopGradient }: Piece): FamState {
  if (stopGradient !== 'memory' || state.filled > 0) return state;
  return mapState(state, (tensor, name) => (/past|outputs|sinks/.test(name) ? constant(tensor) : tensor));
}

/** Where the rows stand after so many blocks more. */
export const advanced = (rows: readonly Row[], blocks: number, updates = blocks): Row[] =>
  rows.map((row) => ({ ...row, blocks: row.blocks + blocks, updates: row.updates + updates }));
