/** A batch in parts: whatever the rows at once, a step is the same; where rows meet, parts are refused. */
import { setBackend } from '@famjs/backends';
import { expectClose } from '@famjs/testing';
import { beforeAll, expect, test } from 'vitest';
import {
  crossEntropy,
  disposeTraining,
  freshTraining,
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
const uneven: Task = {
  about: {},
  batch(step, seed) {
    const { targets, ...batch } = copyTask(5, 14).batch(step, seed);
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
};

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

test.each([1, 2, 4])('%i rows at once give the losses, scores and weights of all', async (rowsAtOnce) => {
  const whole = await trained({});
  await expectClose(await trained({ rowsAtOnce }), whole, { relative: 2e-5, absolute: 1e-6 }, 'run');
});

test.each([
  ['rows that mix', { disturbance: { mix: 0.1 } }, copyTask(3, 12), /mix 0.1/],
  ['lanes', { disturbance: {} }, copyTask(3, 12, [true, true, true]), /3 lanes/],
] as const)('parts of %s are refused before the first step', async (_, changes, task, said) => {
  await expect(trained({ ...changes, rowsAtOnce: 2 }, task)).rejects.toThrow(said);
  await expect(trained({ ...changes, rowsAtOnce: 3, objective: crossEntropy }, task)).resolves.toBeDefined();
});
