/** Where a session stands: the working memory after the tokens read so far, and what the next call needs besides. */
import { tidied } from '@famjs/backends';
import { disposeState, type FamState, forkState, keepState, type Stack, startState } from '@famjs/layer';
import * as tf from '@tensorflow/tfjs-core';
import type { HeldModel } from '../model.ts';
import type { Chat } from './chat.ts';

/** A place is never changed: reading leads from one to the next. */
export interface Place {
  state: FamState;
  /** Activations [B, d] of the last token above the stack; undefined before the first. */
  last: tf.Tensor | undefined;
  /** The last few tokens of every row: the text that goes on is decoded and spaced after them. */
  recent: readonly (readonly number[])[];
  /** What was said in chat; undefined before that. */
  chat?: Chat | undefined;
}

/** How many tokens `recent` holds of a row, at most. */
export const recentTokens = 16;

/** The place before the first token, whose absolute position is `origin`. */
export function startPlace(stack: Stack, rows: number, origin: number): Place {
  const state = tidied(() => keepState(startState(stack, Array<number>(rows).fill(origin))));
  return { state, last: undefined, recent: Array.from({ length: rows }, () => []) };
}

/** A second place with the same in it, which ends on its own. */
export function copyOf(place: Place): Place {
  const { state, last } = place;
  return { ...place, state: keepState(forkState(state)), last: last && tf.keep(tf.clone(last)) };
}

export function disposePlace({ state, last }: Place): void {
  disposeState(state);
  last?.dispose();
}

export function rowsOf({ recent }: Place): number {
  return recent.length;
}

/** Tokens read so far, of every row. */
export function tokensRead({ state }: Place, { config }: HeldModel): number {
  return state.rows[0]!.blocks * config.fam.blockSize + state.filled;
}
