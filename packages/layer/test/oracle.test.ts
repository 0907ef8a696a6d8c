/** Every schedule and the recomputed backward pass give the oracle's answers: logits, FAM, loss and gradients. */
import { type BackendName, tidied } from '@famjs/backends';
import { describeEachBackendOnce, runs, type Tolerance } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, test } from 'vitest';
import {
  disposeState,
  type RecomputedPass,
  type Recurrence,
  recomputedGradients,
  schedules,
} from '../src/index.ts';
import { type Fixture, fixtures } from './fixture.ts';
import { readFixture, startOfFixture } from './fixture-model.ts';
import { expectAllClose } from './property.ts';
import { valuesOf } from './stacks.ts';
import { tapeGradients } from './tape.ts';

/** As a share of each tensor's largest value. */
const within = (relative: number): Tolerance => ({ relative, absolute: 1e-8 });

/** Collects what is handed on after each full block, as the oracle names it: [B, T, F, d] a layer. */
function collector({ config, depth, rows, length }: Fixture) {
  const found = new Map<string, tf.Tensor>();
  const observe: Recurrence['observe'] = (_, after, { layer, block, members }) => {
    for (const [i, row] of tf.split(after, members.length).entries()) {
      found.set(`${layer} ${block} ${members[i]}`, row);
    }
  };
  const indices = (count: number) => Array.from({ length: count }, (_, i) => i);
  const ofLayer = (layer: number) =>
    tf.concat(
      indices(rows).map((row) =>
        tf.stack(
          indices(Math.floor(length / config.blockSize)).map((t) => found.get(`${layer} ${t} ${row}`)!),
          1,
        ),
      ),
    );
  const names = { rmt: 'memory', autocompressor: 'summaries' } as Record<string, string>;
  const whole = names[config.variant!];
  return {
    observe,
    tensors: (): Record<string, tf.Tensor> => {
      if (found.size === 0) return {};
      if (whole) return { [whole]: ofLayer(0) };
      return Object.fromEntries(indices(depth).map((layer) => [`fam.${layer}`, ofLayer(layer)]));
    },
  };
}

/** An emulated GPU gets one of each kind. */
const few = ['bswa-m2', 'fam-m1-grouped', 'fam-norm-m2-grouped', 'fam-sinks-m2-grouped', 'fam-n-2', 'rmt'];

/** Where every variant is read in every way; elsewhere each is read at once. */
const thorough: BackendName = 'wasm';

describeEachBackendOnce('The oracle', (backend) => {
  const all = runs(fixtures.length, backend) === fixtures.length;
  const cases = all ? fixtures : fixtures.filter(({ name }) => few.includes(name));

  describe.each(cases)('$name', (fixture) => {
    const outputs = () => valuesOf(() => fixture.tensors('output.'));
    const gradients = () => valuesOf(() => fixture.tensors('gradient.'));

    const inEveryWay = all && (backend === thorough || !fixture.isVariant);
    // Auxiliary losses are those of whole blocks.
    const hasAuxiliary = fixture.options.diversity ?? fixture.options.reconstruction;
    const tested = schedules.filter(
      (schedule) => schedule === 'scan' || (inEveryWay && !(hasAuxiliary && schedule === 'step')),
    );

    test.each(tested)('logits, FAM after each full block, loss and gradients by %s', async (schedule) => {
      const weights = fixture.tensors('weights.');
      const pass = tidied(() =>
        tapeGradients(weights, () => {
          const { observe, tensors } = collector(fixture);
          const start = startOfFixture(fixture, weights);
          const reading = readFixture(fixture, weights, start, { schedule, recurrence: { observe } });
          return { logits: reading.logits, loss: reading.loss(), ...reading.auxiliary, ...tensors() };
        }),
      );
      await expectAllClose(await valuesOf(() => pass.outputs), await outputs(), within(1e-5));
      await expectAllClose(await valuesOf(() => pass.gradients), await gradients(), within(1e-4));
      tf.dispose(weights);
    });

    test.each(inEveryWay ? [1, 3] : [3])(
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
