/** Training is the same on every backend: a whole step, loss and every gradient, and the losses of a run. */
import { setBackend } from '@famjs/backends';
import { disposeState, recomputedGradients } from '@famjs/layer';
import { describeEachBackendOnce, expectClose } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, test } from 'vitest';
import { crossEntropy, disposeTraining, freshTraining, train } from '../src/index.ts';
import { partsOf } from '../src/parts.ts';
import { settingsOf } from '../src/settings.ts';
import { stepOf } from '../src/train-step.ts';
import { copyTask, tinyConfig, tinyTraining, tinyWeights } from './tiny.ts';

const STEPS = 50;

/** The loss of a step with disturbances and all, and the gradient of every weight, under their names. */
async function stepHere(): Promise<Record<string, Float32Array>> {
  const batch = copyTask(3, 14).batch(0, 3);
  const settings = settingsOf(tinyTraining({ disturbance: { noise: 0.2, mix: 0.3, hold: 0.1 } }));
  const weights = tinyWeights(1);
  const objective = crossEntropy.of(
    stepOf(tinyConfig, partsOf(batch)[0]!, settings, freshTraining(weights, 7)),
  );
  const { loss, gradients, state } = recomputedGradients(objective.pass, weights, Object.keys(weights));
  const values = await Promise.all(
    Object.entries({ loss, ...gradients }).map(
      async ([name, tensor]) => [name, (await tensor.data()) as Float32Array] as const,
    ),
  );
  disposeState(state);
  objective.dispose();
  tf.dispose([loss, gradients, weights]);
  return Object.fromEntries(values);
}

/** The losses of a run that learns, with a rate that falls: two blocks and one layer, for GPUs that a program plays. */
async function lossesHere(): Promise<number[]> {
  const config = { ...tinyConfig, layers: 1 };
  const weights = tinyWeights(2, config);
  const state = freshTraining(weights, 4);
  const training = tinyTraining({
    steps: STEPS,
    restarts: [],
    rate: { warmup: 5, pieces: [{ steps: STEPS, from: 3e-3, to: 3e-4, shape: 'cosine' }] },
  });
  const losses: number[] = [];
  for await (const event of train({ config, task: copyTask(2, 8), training }, state)) {
    if (event.type === 'step') losses.push(event.loss);
  }
  disposeTraining(state);
  return losses;
}

let step: Record<string, Float32Array>;
let losses: number[];
beforeAll(async () => {
  await setBackend('cpu');
  [step, losses] = [await stepHere(), await lossesHere()];
}, 60_000);

describeEachBackendOnce('training as on cpu', (backend) => {
  test.skipIf(backend === 'cpu')('has the loss and every gradient of a step', async () => {
    const { loss, ...gradients } = await stepHere();
    await expectClose(loss!, step.loss!, { relative: 1e-5, absolute: 0 }, 'loss');
    for (const [name, gradient] of Object.entries(gradients)) {
      await expectClose(gradient, step[name]!, { relative: 1e-4, absolute: 1e-7 }, name);
    }
  });

  test.skipIf(backend === 'cpu')(`has the losses of ${STEPS} steps`, async () => {
    await expectClose(await lossesHere(), losses, { relative: 1e-3, absolute: 0 }, 'losses');
  });
});
