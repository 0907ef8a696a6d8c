/** The language model of the fixtures over the layers: embedding, stack, final norm, head and loss. */
import { embedding, linear, rmsNorm, tokenCrossEntropy } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { FamState, Recurrence, Schedule, WeightMap } from '../src/index.ts';
import type { Fixture } from './fixture.ts';
import { readCalls, startOf } from './stacks.ts';

/** The state before the first token: of the prompt, or of the FAM handed in where a row carries one. */
export function startOfFixture(fixture: Fixture, weights: WeightMap): FamState {
  const state = startOf(fixture, weights);
  const { carried, ...input } = fixture.tensors('input.');
  if (!carried) return state;
  const rows = tf.cast(tf.reshape(carried, [-1, 1, 1]), 'bool');
  const handedIn = (own: tf.Tensor, l: number) => tf.where(rows, input[`fam.${l}`]!, own);
  return {
    ...state,
    carried,
    layers: state.layers.map((layer, l) => ({ ...layer, fam: handedIn(layer.fam!, l) })),
  };
}

export interface Piece {
  schedule: Schedule;
  /** First token; 0 unless given. */
  from?: number;
  /** Token after the last; all that follow are read unless given. */
  to?: number;
  recurrence?: Recurrence;
}

/** Reads a piece of the text: its logits, its share of the loss, and the state after it. */
export function readFixture(
  fixture: Fixture,
  weights: WeightMap,
  state: FamState,
  { schedule, from = 0, to = fixture.length, recurrence = {} }: Piece,
): { logits: tf.Tensor; loss: tf.Scalar; state: FamState } {
  const { tokens, targets, loss_weights } = fixture.tensors('input.') as Record<string, tf.Tensor>;
  const piece = (input: tf.Tensor) => tf.slice(input, [0, from], [-1, to - from]);
  const flat = (input: tf.Tensor) => tf.reshape(piece(input), [-1]);

  const table = weights['model.embed_tokens.weight']!;
  const x = embedding(table, piece(tokens!));
  const above = readCalls(fixture, weights, x, state, [{ tokens: to - from, schedule }], { recurrence });
  const normed = rmsNorm(above.x, weights['model.norm.weight'], fixture.config.normEpsilon);
  const logits = linear(normed, { weight: weights['lm_head.weight'] ?? table });

  const rows = tf.reshape(logits, [-1, table.shape[0]!]);
  const losses = tokenCrossEntropy(rows, flat(targets!), flat(loss_weights!));
  return { logits, loss: tf.div<tf.Scalar>(tf.sum(losses), tf.sum(loss_weights!)), state: above.state };
}
