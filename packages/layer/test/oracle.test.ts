/** Every schedule and the recomputed backward pass give the oracle's answers: logits, FAM, loss and gradients. */
import { tidied } from '@famjs/backends';
import { describeEachBackend, runs, type Tolerance } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, test } from 'vitest';
import {
  disposeState,
  type RecomputedPass,
  type Recurrence,
  recomputedGradients,
  type Schedule,
  schedules,
} from '../src/index.ts';
import { fixtures } from './fixture.ts';
import { readFixture, startOfFixture } from './fixture-model.ts';
import { expectAllClose } from './property.ts';
import { valuesOf } from './stacks.ts';
import { tapeGradients } from './tape.ts';

/** As a share of each tensor's largest value. */
const within = (relative: number): Tolerance => ({ relative, absolute: 1e-8 });

/** Updates of FAM as one call saw them, layer by layer, as [B, T, F, d] a layer. */
function byLayer(updates: tf.Tensor[], depth: number, schedule: Schedule): Record<string, tf.Tensor> {
  const T = updates.length / depth;
  if (T === 0) return {};
  const place = (l: number, t: number) => (schedule === 'scan' ? l * T + t : t * depth + l);
  const ofLayer = (l: number) => Array.from({ length: T }, (_, t) => updates[place(l, t)]!);
  return Object.fromEntries(Array.from({ length: depth }, (_, l) => [`fam.${l}`, tf.stack(ofLayer(l), 1)]));
}

/** An emulated GPU gets one of each kind. */
const few = ['bswa-m2', 'fam-m1-grouped', 'fam-norm-m2-grouped'];

describeEachBackend('The oracle', (backend) => {
  const all = runs(fixtures.length, backend) === fixtures.length;
  const cases = all ? fixtures : fixtures.filter(({ name }) => few.includes(name));

  describe.each(cases)('$name', (fixture) => {
    const outputs = () => valuesOf(() => fixture.tensors('output.'));
    const gradients = () => valuesOf(() => fixture.tensors('gradient.'));

    test.each(all ? schedules : (['scan'] as const))(
      'logits, FAM after each full block, loss and gradients by %s',
      async (schedule) => {
        const weights = fixture.tensors('weights.');
        const pass = tidied(() =>
          tapeGradients(weights, () => {
            const updates: tf.Tensor[] = [];
            const recurrence: Recurrence = { observe: (_, after) => updates.push(after) };
            const start = startOfFixture(fixture, weights);
            const { logits, loss } = readFixture(fixture, weights, start, { schedule, recurrence });
            return { logits, loss, ...byLayer(updates, fixture.depth, schedule) };
          }),
        );
        await expectAllClose(await valuesOf(() => pass.outputs), await outputs(), within(1e-5));
        await expectAllClose(await valuesOf(() => pass.gradients), await gradients(), within(1e-4));
        tf.dispose(weights);
      },
    );

    test.each(all ? [1, 3] : [3])(
      'loss and gradients, recomputed by segments of %i blocks',
      async (blocks) => {
        const weights = fixture.tensors('weights.');
        const step = blocks * fixture.config.blockSize;
        const pass: RecomputedPass = {
          segments: Math.ceil(fixture.length / step),
          start: (weights) => startOfFixture(fixture, weights),
          read: (index, weights, state) => {
            const [from, to] = [index * step, Math.min(fixture.length, (index + 1) * step)];
            return readFixture(fixture, weights, state, { schedule: 'scan', from, to });
          },
        };
        const { loss, state, ...found } = recomputedGradients(pass, weights, Object.keys(weights));
        disposeState(state);
        const { loss: expected } = await outputs();
        await expectAllClose(await valuesOf(() => ({ loss })), { loss: expected! }, within(1e-5));
        await expectAllClose(await valuesOf(() => found.gradients), await gradients(), within(1e-4));
        tf.dispose(weights);
      },
    );
  });
});
