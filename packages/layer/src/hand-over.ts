/** What a step of training hands to the next: random state passing and stateful lanes (spec.md, "Training technique"). */
import * as tf from '@tensorflow/tfjs-core';
import type { FamConfig } from './config.ts';
import { renewState, startState } from './read.ts';
import { joinRows, selectRows } from './rows.ts';
import type { Stack } from './stack.ts';
import type { FamState } from './state.ts';

/**
 * What random state passing keeps of a state: what its first row passes from block to block, FAM with its history, memory
 * or summaries, and nothing of its tokens.
 */
export function passedState(config: FamConfig, state: FamState): FamState {
  const { rows, layers, ...first } = selectRows(config, state, [0]);
  const [{ updates }] = rows as [FamState['rows'][0]];
  return {
    ...first,
    ...{ filled: 0, own: 0, rows: [{ blocks: 0, updates, origin: 0 }] },
    layers: layers.map(({ fam, summary }) => ({ fam, summary })),
  };
}

/**
 * The state before texts that go on from what was passed, all from the same.
 *
 * @param origins absolute position of the first token of each text
 */
export function receivedState(stack: Stack, passed: FamState, origins: readonly number[]): FamState {
  const fresh = startState(stack, origins);
  const spread = (tensor: tf.Tensor) => tf.broadcastTo(tensor, [origins.length, ...tensor.shape.slice(1)]);
  const { updates } = passed.rows[0]!;
  return renewState(stack, {
    ...fresh,
    rows: fresh.rows.map((row) => ({ ...row, updates })),
    summary: passed.summary && spread(passed.summary),
    layers: fresh.layers.map((held, l) => {
      const { fam, summary } = passed.layers[l]!;
      return {
        ...held,
        fam: fam && { ...held.fam!, activations: spread(fam.activations) },
        summary: summary && { k: spread(summary.k), v: spread(summary.v) },
      };
    }),
  });
}

/**
 * The state of lanes at a block border: rows that continue go on where they stand, the others begin a text.
 *
 * @param origins absolute position of the first token of the texts that begin
 */
export function continuedState(
  stack: Stack,
  state: FamState,
  continues: readonly boolean[],
  origins: readonly number[],
): FamState {
  const rows = continues.map((_, row) => row);
  const [going, beginning] = [rows.filter((row) => continues[row]), rows.filter((row) => !continues[row])];
  if (going.length === 0) return startState(stack, origins);
  const kept = beginning.length > 0 ? selectRows(stack.config, state, going) : state;
  const renewed = renewState(stack, kept);
  if (beginning.length === 0) return renewed;
  const fresh = startState(
    stack,
    beginning.map((row) => origins[row]!),
  );
  return joinRows([renewed, fresh], [...going, ...beginning]);
}
