/** A batch in parts: whatever the rows at once, a step is the same; where rows meet, parts are refused. */
import { setBackend } from '@famjs/backends';
import { expectClose } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import {
  crossEntropy,
  disposeTraining,
  freshTraining,
  largestBatch,
  type Task,
  type TrainingConfig,
  train,
  withAuxiliary,
} from '../src/index.ts';
import { copyTask, tinyRun, tinyWeights } from './tiny.ts';

beforeAll(async () => {
  await setBackend('cpu');
});

/** Rows of which each has another number of targets, of other weights; the score tells which tokens were predicted. */
const unevenOf = (continues?: (step: number) => boolean[]): Task => ({
  about: {},
  batch(step, seed) {
    const { targets, ...batch } = copyTask(5, continues ? 12 : 14, continues?.(step)).batch(step, seed);
    const more = [3, 16, 17, 30, 59];
    return {
      ...batch,
      targets: {
        places: Int32Array.from([...targets.places, ...more]),
        labels: Int32Array.from([...targets.labels, ...more.map((place) => place % 7)]),
        weights: Float32Array.from([1, 2, 0, 4, 1, 3, 0.5, 0, 1, 2]),
      },
      score: (predicted) => Object.fromEntries(Array.from(predicted, (token, i) => [String(i), token])),
    };
  },
});
const uneven = unevenOf();
/** Documents that end at different steps, so that in each some rows go on, by themselves or beside one that begins. */
const lanes = unevenOf((step) => [0, 1, 2, 3, 4].map((row) => step > 0 && (step + row) % 3 > 0));

async function trained(changes: Partial<TrainingConfig>, task: Task = uneven) {
  const state = freshTraining(tinyWeights(1), 7);
  const told = [];
  const config: Partial<TrainingConfig> = {
    ...{ steps: 3, randomStatePassing: 0.8, randomPositionOffset: true },
    disturbance: { noise: 0.3, hold: 0.5 },
    objective: withAuxiliary(crossEntropy, { reconstruction: 0.2 }),
    ...changes,
  };
  for await (const event of train(tinyRun(config, task), state)) {
    if (event.type === 'step') told.push([event.loss, event.norm, ...Object.values(event.scores)]);
  }
  const prompt = Array.from(await state.weights['fam.prompt']!.data());
  disposeTraining(state);
  return [...told.flat(), ...prompt];
}

test.each([
  [1, 'pieces', uneven],
  [2, 'pieces', uneven],
  [4, 'pieces', uneven],
  [2, 'lanes', lanes],
] as const)('%i rows at once give the losses, scores and weights of all: %s', async (rowsAtOnce, _, task) => {
  const before = tf.memory().numTensors;
  const whole = await trained({}, task);
  await expectClose(await trained({ rowsAtOnce }, task), whole, { relative: 2e-5, absolute: 1e-6 }, 'run');
  expect(tf.memory().numTensors).toBe(before);
});

test('parts of rows that mix are refused before the first step', async () => {
  const [changes, task] = [{ disturbance: { mix: 0.1 } }, copyTask(3, 12)];
  await expect(trained({ ...changes, rowsAtOnce: 2 }, task)).rejects.toThrow(/mix 0.1/);
  await expect(trained({ ...changes, rowsAtOnce: 3, objective: crossEntropy }, task)).resolves.toBeDefined();
});

test('so are those that are to mix at a later step, when the largest batch is looked for', async () => {
  const disturbance = { mix: { pieces: [0, 0.2].map((mix) => ({ steps: 3, from: mix, to: mix })) } };
  const runOf = (rowsAtOnce: number) =>
    tinyRun({ steps: 6, disturbance, rowsAtOnce, objective: crossEntropy }, copyTask(3, 12));
  await expect(largestBatch(runOf(2), 0)).rejects.toThrow(/2 rows at once .* batch of 3 with mix 0.2/);
  await expect(largestBatch(runOf(3), 0)).resolves.toMatchObject({ rows: 3 });
});
