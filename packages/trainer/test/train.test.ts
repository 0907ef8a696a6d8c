/** The training loop: it learns, it resumes to the bit, it stops cleanly, and it leaves nothing behind. */

import { disposeState, stateTensors } from '@famjs/layer';
import { describeEachBackend } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import {
  constant,
  disposeTraining,
  freshTraining,
  packTraining,
  type Task,
  type TrainingConfig,
  type TrainingEvent,
  type TrainingState,
  train,
  unpackTraining,
} from '../src/index.ts';
import { copyTask, tinyConfig, tinyTraining, tinyWeights } from './tiny.ts';

function begin(seed = 0): TrainingState {
  const weights = tinyWeights(seed);
  return freshTraining(weights, Object.keys(weights), seed);
}

async function run(
  state: TrainingState,
  training: TrainingConfig,
  task: Task = copyTask(),
): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  for await (const event of train(tinyConfig, task, training, state)) events.push(event);
  return events;
}

const losses = (events: readonly TrainingEvent[]) =>
  events.flatMap((event) => (event.type === 'step' ? [event.loss] : []));

const equal = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((byte, i) => byte === b[i]);

describeEachBackend('training', () => {
  test('learns', async () => {
    const state = begin();
    const training = tinyTraining({
      steps: 12,
      noise: constant(0),
      mix: constant(0),
      rate: constant(2e-2),
    });
    const seen = losses(await run(state, training, copyTask(8, 8)));
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(seen.slice(-5))).toBeLessThan(0.6 * mean(seen.slice(0, 5)));
    disposeTraining(state);
  });

  test.each([
    ['plain', {}, undefined],
    ['random state passing', { randomStatePassing: 0.8 }, undefined],
    ['stateful lanes', {}, [true, false, true]],
    ['random positions', { randomPositionOffset: 1000 }, undefined],
  ] as const)('resumes from a checkpoint to the bit: %s', async (_, changes, continues) => {
    const task = () => copyTask(3, 12, continues);
    const whole = begin();
    await run(whole, tinyTraining(changes), task());

    const first = begin();
    await run(first, tinyTraining({ ...changes, steps: 2 }), task());
    const bytes = await packTraining(first);
    disposeTraining(first);
    const second = unpackTraining(bytes, tinyConfig);
    await run(second, tinyTraining(changes), task());

    expect(equal(await packTraining(second), await packTraining(whole))).toBe(true);
    disposeTraining(whole);
    disposeTraining(second);
  });

  test('holds the number of tensors and their bytes from step to step', async () => {
    const state = begin();
    const counts: string[] = [];
    const training = tinyTraining({ randomStatePassing: 0.5, steps: 6 });
    for await (const _ of train(tinyConfig, copyTask(), training, state)) {
      const { numTensors, numBytes } = tf.memory();
      counts.push(`${numTensors} tensors, ${numBytes} bytes`);
    }
    expect(new Set(counts.slice(1)).size).toBe(1);
    disposeTraining(state);
  });

  test('an abort saves, throws, and leaves a state from which the run goes on', async () => {
    const whole = begin();
    await run(whole, tinyTraining());
    const state = begin();
    const controller = new AbortController();
    let saved = 0;
    const aborted = async () => {
      const options = { signal: controller.signal, save: async () => void saved++ };
      for await (const event of train(tinyConfig, copyTask(), tinyTraining(), state, options)) {
        if (event.type === 'step' && event.step === 2) controller.abort();
      }
    };
    await expect(aborted()).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect([state.step, saved]).toEqual([2, 1]);
    await run(state, tinyTraining());
    expect(equal(await packTraining(state), await packTraining(whole))).toBe(true);
    disposeTraining(whole);
    disposeTraining(state);
  });

  test('a loss that is not finite changes nothing and leaves nothing behind', async () => {
    const state = begin();
    const poisoned = Object.keys(state.weights).find((name) => name.endsWith('q_proj.weight'))!;
    state.weights[poisoned]!.dispose();
    state.weights = {
      ...state.weights,
      [poisoned]: tf.fill(state.moments.mean[poisoned]!.shape, Number.NaN),
    };
    const before = tf.memory().numTensors;
    await expect(run(state, tinyTraining())).rejects.toThrow(
      expect.objectContaining({ name: 'NonFiniteError' }),
    );
    expect([state.step, tf.memory().numTensors]).toEqual([0, before]);
    disposeTraining(state);
  });

  test('a lane goes on from its own state, and one that does not starts afresh', async () => {
    const state = begin();
    await run(state, tinyTraining({ steps: 1 }), copyTask(3, 12, [true, false, true]));
    const blocks = Array(3).fill({ blocks: 3, updates: 3, origin: 0 });
    expect(state.handed!.rows).toEqual(blocks);
    expect(stateTensors(state.handed!)['layers.0.fam']!.shape).toEqual([3, 2, 16]);
    disposeState(state.handed!);
    state.handed = undefined;
    disposeTraining(state);
  });

  test('lanes that change their shape are refused before anything changes', async () => {
    const state = begin();
    await expect(run(state, tinyTraining(), copyTask(3, 10, [true, true, true]))).rejects.toThrow(
      expect.objectContaining({ name: 'ConfigError' }),
    );
    expect(state.step).toBe(0);
    disposeTraining(state);
  });
});
