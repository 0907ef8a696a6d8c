/** Every schedule and the recomputed backward pass give the oracle's answers: logits, FAM, loss and gradients. */
import { embedding, linear, rmsNorm, tokenCrossEntropy } from '@famjs/ops';
import { describeEachBackend, type Tolerance } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, test } from 'vitest';
import {
  disposeState,
  type FamState,
  type Recurrence,
  recomputedGradients,
  type Schedule,
  schedules,
  type WeightMap,
} from '../src/index.ts';
import { type Fixture, fixtures } from './fixture.ts';
import { expectAllClose } from './property.ts';
import { readCalls, startOf, valuesOf } from './stacks.ts';
import { tapeGradients } from './tape.ts';

const outputTolerance: Tolerance = { relative: 1e-5, absolute: 1e-8 };
const gradientTolerance: Tolerance = { relative: 1e-4, absolute: 1e-8 };

interface Piece {
  schedule: Schedule;
  from?: number;
  to?: number;
  recurrence?: Recurrence;
}

/** The state before the first token: of the prompt, or of the FAM handed in where a row carries one. */
function begin(fixture: Fixture, weights: WeightMap): FamState {
  const state = startOf(fixture, weights);
  const { carried, ...input } = fixture.tensors('input.');
  if (!carried) return state;
  const rows = tf.cast(tf.reshape(carried, [-1, 1, 1]), 'bool');
  const layers = state.layers.map((layer, l) => ({
    ...layer,
    fam: tf.where(rows, input[`fam.${l}`]!, layer.fam!),
  }));
  return { ...state, carried, layers };
}

/** Reads the tokens from … to − 1 of every row: their logits, their share of the loss, and the state after them. */
function read(
  fixture: Fixture,
  weights: WeightMap,
  state: FamState,
  { schedule, from = 0, to, recurrence }: Piece,
) {
  const { tokens, targets, loss_weights } = fixture.tensors('input.') as Record<string, tf.Tensor>;
  const length = (to ?? tokens!.shape[1]!) - from;
  const [ids, labels, shares] = [tokens!, targets!, loss_weights!].map((t) =>
    tf.slice(t, [0, from], [-1, length]),
  );
  const table = weights['model.embed_tokens.weight']!;
  const calls = [{ tokens: length, schedule }];
  const above = readCalls(
    fixture,
    weights,
    embedding(table, ids!),
    state,
    calls,
    recurrence && { recurrence },
  );
  const normed = rmsNorm(above.x, weights['model.norm.weight'], fixture.config.normEpsilon);
  const logits = linear(normed, weights['lm_head.weight'] ?? table);
  const flat = (t: tf.Tensor) => tf.reshape(t, [-1]);
  const losses = tokenCrossEntropy(tf.reshape(logits, [-1, table.shape[0]!]), flat(labels!), flat(shares!));
  const loss = tf.div<tf.Scalar>(tf.sum(losses), tf.sum(loss_weights!));
  return { logits, loss, state: above.state };
}

/** Updates of FAM as one call saw them, layer by layer, as [B, T, F, d] a layer. */
function byLayer(updates: tf.Tensor[], depth: number, schedule: Schedule): Record<string, tf.Tensor> {
  const T = updates.length / depth;
  if (T === 0) return {};
  const place = (l: number, t: number) => (schedule === 'scan' ? l * T + t : t * depth + l);
  const ofLayer = (l: number) => Array.from({ length: T }, (_, t) => updates[place(l, t)]!);
  return Object.fromEntries(Array.from({ length: depth }, (_, l) => [`fam.${l}`, tf.stack(ofLayer(l), 1)]));
}

describeEachBackend('The oracle', () => {
  describe.each(fixtures)('$name', (fixture) => {
    test.each(schedules)('logits, FAM after each full block and loss by %s', async (schedule) => {
      const found = await valuesOf(() => {
        const weights = fixture.tensors('weights.');
        const updates: tf.Tensor[] = [];
        const recurrence: Recurrence = { observe: (_, after) => updates.push(after) };
        const { logits, loss } = read(fixture, weights, begin(fixture, weights), { schedule, recurrence });
        return { logits, loss, ...byLayer(updates, fixture.depth, schedule) };
      });
      await expectAllClose(found, await valuesOf(() => fixture.tensors('output.')), outputTolerance);
    });

    test.each(schedules)('the gradient of every weight by %s', async (schedule) => {
      const { loss, ...found } = await valuesOf(() => {
        const weights = fixture.tensors('weights.');
        return tapeGradients(
          weights,
          () => read(fixture, weights, begin(fixture, weights), { schedule }).loss,
        );
      });
      await expectAllClose(found, await valuesOf(() => fixture.tensors('gradient.')), gradientTolerance);
    });

    test.each([1, 3])('the gradient of every weight, recomputed by segments of %i blocks', async (blocks) => {
      const found = await valuesOf(() => {
        const weights = fixture.tensors('weights.');
        const length = fixture.tensors('input.').tokens!.shape[1]!;
        const step = blocks * fixture.config.blockSize;
        const { gradients, loss, state } = recomputedGradients(
          {
            segments: Math.ceil(length / step),
            start: (weights) => begin(fixture, weights),
            read: (index, weights, state) => {
              const [from, to] = [index * step, Math.min(length, (index + 1) * step)];
              return read(fixture, weights, state, { schedule: 'scan', from, to });
            },
          },
          weights,
          Object.keys(weights),
        );
        disposeState(state);
        loss.dispose();
        return gradients;
      });
      await expectAllClose(found, await valuesOf(() => fixture.tensors('gradient.')), gradientTolerance);
    });
  });
});
