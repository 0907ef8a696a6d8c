/** Auxiliary losses: means over rows, blocks and layers of what one plain read sees, whatever the segments; they train. */
import { ConfigError, setBackend } from '@famjs/backends';
import { type Attended, diversityLoss, reconstructionLoss, startState } from '@famjs/layer';
import { readTokens, stackOf } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import {
  type Auxiliary,
  crossEntropy,
  disposeTraining,
  freshTraining,
  train,
  withAuxiliary,
} from '../src/index.ts';
import { copyTask, tinyConfig, tinyRun, tinyWeights } from './tiny.ts';

beforeAll(() => setBackend('wasm'));

const [rows, length] = [3, 12];
const still = { rate: 0, restarts: [], disturbance: {}, steps: 1 };

async function firstLoss(weights: Auxiliary | undefined, changes: object = {}): Promise<number> {
  const objective = weights ? withAuxiliary(crossEntropy, weights) : crossEntropy;
  const state = freshTraining(tinyWeights(1), 5);
  const before = tf.memory().numTensors;
  for await (const event of train(tinyRun({ ...still, objective, ...changes }), state)) {
    if (event.type !== 'step') continue;
    disposeTraining(state);
    expect(tf.memory().numTensors).toBeLessThan(before);
    return event.loss;
  }
  throw new Error('There was no step.');
}

/** The mean of a loss over what a whole text shows at once. */
function direct(lossOf: (attended: Attended) => tf.Scalar): number {
  const model = { config: tinyConfig, weights: tinyWeights(1) };
  const { tokens } = copyTask(rows, length).batch(0, 5);
  const total = tf.tidy(() => {
    const losses: tf.Scalar[] = [];
    const stack = stackOf(model);
    const attend = (attended: Attended) => losses.push(lossOf(attended));
    readTokens(model, stack, tf.tensor2d(tokens, [rows, length], 'int32'), startState(stack, rows), {
      recurrence: { attend },
    }).hidden();
    return tf.addN(losses).dataSync()[0]!;
  });
  tf.dispose(model.weights);
  return total / (rows * (length / tinyConfig.fam.blockSize) * tinyConfig.layers);
}

test.each([
  ['diversity', diversityLoss],
  ['reconstruction', reconstructionLoss],
] as const)('%s is added as a mean, whatever the segments', async (name, lossOf) => {
  const plain = await firstLoss(undefined);
  const expected = direct(lossOf);
  expect(Math.abs(expected)).toBeGreaterThan(1e-3);
  for (const segmentBlocks of [1, 2, 3]) {
    const added = (await firstLoss({ [name]: 0.5 }, { segmentBlocks })) - plain;
    expect(Math.abs(added - expected / 2)).toBeLessThan(1e-5 * Math.max(1, Math.abs(expected)));
  }
});

test('training by them makes them smaller', async () => {
  const objective = withAuxiliary(crossEntropy, { reconstruction: 10 });
  const state = freshTraining(tinyWeights(1), 5);
  const losses: number[] = [];
  const run = tinyRun({ ...still, rate: 1e-2, steps: 12, objective });
  for await (const event of train(run, state)) if (event.type === 'step') losses.push(event.loss);
  disposeTraining(state);
  expect(losses.at(-1)!).toBeLessThan(0.8 * losses[0]!);
});

test.each([
  ['a model without FAM', { famLength: 0 }, {}],
  ['layers that are recomputed', {}, { recomputeLayers: true }],
])('%s: refused', async (_, fam, changes) => {
  const config = { ...tinyConfig, fam: { ...tinyConfig.fam, ...fam } };
  const state = freshTraining(tinyWeights(1, config), 5);
  const objective = withAuxiliary(crossEntropy, { diversity: 1 });
  const run = { ...tinyRun({ ...still, ...changes, objective }), config };
  const attempt = async () => {
    for await (const _ of train(run, state));
  };
  await expect(attempt()).rejects.toThrow(ConfigError);
  disposeTraining(state);
});
