/** Training goes on from its checkpoint after the GPU went away, on a fresh one or on another backend. */
import { DeviceLostError, setBackend } from '@famjs/backends';
import { describeEachGpu, expectClose, loseDevice } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import {
  disposeTraining,
  freshTraining,
  packTraining,
  type TrainingState,
  train,
  unpackTraining,
} from '../src/index.ts';
import { copyTask, tinyConfig, tinyTraining, tinyWeights } from './tiny.ts';

/** Of short texts and few steps, for an emulated GPU takes long for each. */
async function lossesOf(state: TrainingState, steps = 2): Promise<number[]> {
  const losses: number[] = [];
  for await (const event of train(tinyConfig, copyTask(1, 8), tinyTraining({ steps }), state)) {
    if (event.type === 'step') losses.push(event.loss);
  }
  return losses;
}

function begin(): TrainingState {
  const weights = tinyWeights();
  return freshTraining(weights, Object.keys(weights), 0);
}

describeEachGpu('training on a lost device', (backend) => {
  test.each([backend, 'wasm'] as const)('goes on from the checkpoint on %s', async (next) => {
    await setBackend('wasm');
    const whole = begin();
    const expected = await lossesOf(whole);
    disposeTraining(whole);

    await setBackend(backend);
    const before = tf.memory().numTensors;
    const first = begin();
    await lossesOf(first, 1);
    const checkpoint = await packTraining(first);
    await loseDevice();
    await expect(lossesOf(first)).rejects.toThrow(DeviceLostError);
    disposeTraining(first);
    expect(tf.memory().numTensors).toBe(before);

    await setBackend(next);
    const second = unpackTraining(checkpoint, tinyConfig);
    await expectClose(await lossesOf(second), expected.slice(1), { relative: 1e-4, absolute: 1e-5 });
    disposeTraining(second);
  });
});
