/** Training takes every variant: it goes on from checkpoints, its segments change nothing, and gradients stop where they are told to. */
import { setBackend } from '@famjs/backends';
import { disposeState, type FamChoices, presets, recomputedGradients } from '@famjs/layer';
import { expectClose } from '@famjs/testing';
import type { ModelConfig } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  crossEntropy,
  disposeTraining,
  freshTraining,
  packTraining,
  type Run,
  type TrainingConfig,
  train,
  unpackTraining,
} from '../src/index.ts';
import { partsOf } from '../src/parts.ts';
import { settingsOf } from '../src/settings.ts';
import { stepOf } from '../src/train-step.ts';
import { copyTask, tinyConfigOf, tinyTraining, tinyWeights } from './tiny.ts';

beforeAll(() => setBackend('wasm'));

/** What a preset needs, or refuses, beside what the tiny model has. */
const settings: Partial<Record<(typeof presets)[number], Partial<FamChoices>>> = {
  bswa: { famLength: 0 },
  swa: { famLength: 0, memorySegments: undefined, window: 6 },
  txl: { famLength: 0 },
  'fam-n': { visible: 2 },
  sum: { visible: 2 },
  fm: { famLength: 0 },
  rmt: { memorySegments: 0 },
  autocompressor: { memorySegments: 0, maxSummaries: 2 },
};

/** Where no FAM is passed on, nothing but `hold` goes. */
function trainingOf({ fam }: ModelConfig, changes: Partial<TrainingConfig>): TrainingConfig {
  const training = tinyTraining(changes);
  const { hold = 0 } = training.disturbance!;
  return fam.variant.carrier === 'attention' ? training : { ...training, disturbance: { hold } };
}

/** Loss and gradients of a step whose texts have five blocks and a half. */
async function stepBy(config: ModelConfig, changes: Partial<TrainingConfig>) {
  const weights = tinyWeights(1, config);
  const drawn = { ...freshTraining(weights, 7), step: 5 };
  const batch = copyTask(3, 22).batch(0, 3);
  const objective = crossEntropy.of(
    stepOf(config, partsOf(batch)[0]!, settingsOf(trainingOf(config, changes)), drawn),
  );
  const { loss, gradients, state } = recomputedGradients(objective.pass, weights, Object.keys(weights));
  disposeState(state);
  objective.dispose();
  const named = Object.entries({ loss, ...gradients }).map(async ([name, tensor]) => [
    name,
    await tensor.data(),
  ]);
  const values: Record<string, Float32Array> = Object.fromEntries(await Promise.all(named));
  tf.dispose([loss, gradients, weights]);
  return values;
}

describe.each(presets)('%s', (variant) => {
  const config = tinyConfigOf({ variant, ...settings[variant] });

  test.each([
    ['stateful lanes', {}, [true, false, true]],
    ['random state passing', { randomStatePassing: 0.8 }, undefined],
  ] as const)('goes on from a checkpoint to the bit: %s', async (_, changes, continues) => {
    const runOf = (steps: number): Run => ({
      config,
      task: copyTask(3, 12, continues),
      training: trainingOf(config, { ...changes, steps }),
    });
    const begin = () => freshTraining(tinyWeights(0, config), 0);
    const [whole, first, second] = [begin(), begin(), begin()];
    for await (const _ of train(runOf(4), whole));
    for await (const _ of train(runOf(2), first));
    await unpackTraining(await packTraining(runOf(2), first), runOf(4), second);
    for await (const _ of train(runOf(4), second));
    const [bytes, expected] = [await packTraining(runOf(4), second), await packTraining(runOf(4), whole)];
    expect(bytes.length === expected.length && bytes.every((byte, i) => byte === expected[i])).toBe(true);
    for (const state of [whole, first, second]) disposeTraining(state);
  });

  test('has the same loss and gradients by any segments, layers recomputed or not', async () => {
    const disturbance = { noise: 0.3, mix: 0.4, hold: 0.5 };
    const whole = await stepBy(config, { disturbance, segmentBlocks: 6 });
    const recomputes = config.fam.variant.carrier === 'attention';
    if (!recomputes)
      await expect(stepBy(config, { recomputeLayers: true })).rejects.toThrow(/recomputeLayers/);
    for (const changes of [{ segmentBlocks: 1 }, { segmentBlocks: 2, recomputeLayers: recomputes }]) {
      const cut = await stepBy(config, { disturbance, ...changes });
      expect(Object.keys(cut).sort()).toEqual(Object.keys(whole).sort());
      for (const [name, values] of Object.entries(whole)) {
        await expectClose(cut[name]!, values, { relative: 1e-4, absolute: 1e-6 }, name);
      }
    }
  });

  test('has the same loss wherever gradients stop, and other gradients where there is something to stop', async () => {
    const { memorySegments, famLength } = config.fam;
    const free = await stepBy(config, { disturbance: {} });
    for (const [stopGradient, passes] of [
      ['memory', memorySegments > 0],
      ['fam', famLength > 0],
    ] as const) {
      const { loss, ...gradients } = await stepBy(config, { disturbance: {}, stopGradient });
      await expectClose(loss!, free.loss!, { relative: 1e-5, absolute: 0 }, 'loss');
      const same = Object.entries(gradients).every(([name, values]) =>
        values.every((value, i) => Math.abs(value - free[name]![i]!) < 1e-6),
      );
      expect([stopGradient, same]).toEqual([stopGradient, !passes]);
    }
  });
});
