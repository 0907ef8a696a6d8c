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
import { copyTask, tinyRun, tinyWeights } from './tiny.ts';

const runOf = (steps: number) => tinyRun({ steps }, copyTask(1, 8));

/** Of short texts and few steps, for an emulated GPU takes long for each. */
async function lossesOf(state: TrainingState, steps = 2): Promise<number[]> {
  const losses: number[] = [];
  for await (const event of train(runOf(steps), state)) {
    if (event.type === 'step') losses.push(event.loss);
  }
  return losses;
}

const begin = () => freshTraining(tinyWeights());

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
    const checkpoint = await packTraining(runOf(1), first);
    await loseDevice();
    await expect(lossesOf(first)).rejects.toThrow(DeviceLostError);
    disposeTraining(first);
    expect(tf.memory().numTensors).toBe(before);

    await setBackend(next);
    const second = begin();
    expect(await unpackTraining(checkpoint, runOf(2), second, { anotherBackend: true })).toBe(backend);
    await expectClose(await lossesOf(second), expected.slice(1), { relative: 1e-4, absolute: 1e-5 });
    disposeTraining(second);
  });
});
