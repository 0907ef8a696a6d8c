/** The training loop: it learns, it resumes to the bit, it stops cleanly, and it leaves nothing behind. */

import { disposeState, stateTensors } from '@famjs/layer';
import { describeEachBackendOnce, isEmulated } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import {
  adafactor,
  adamW,
  disposeTraining,
  freshTraining,
  packTraining,
  type Run,
  type Targets,
  type TrainingConfig,
  type TrainingEvent,
  type TrainingOptions,
  type TrainingState,
  train,
  unpackTraining,
} from '../src/index.ts';
import { copyTask, tinyRun, tinyWeights } from './tiny.ts';

const begin = (seed = 0): TrainingState => freshTraining(tinyWeights(seed), seed);

async function run(state: TrainingState, run: Run, options?: TrainingOptions): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  for await (const event of train(run, state, options)) events.push(event);
  return events;
}

const losses = (events: readonly TrainingEvent[]) =>
  events.flatMap((event) => (event.type === 'step' ? [event.loss] : []));

const equal = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((byte, i) => byte === b[i]);

describeEachBackendOnce('training', (backend) => {
  test('learns', async () => {
    const state = begin();
    const changes = { steps: 12, disturbance: {}, rate: 2e-2, restarts: [] };
    const seen = losses(await run(state, tinyRun(changes)));
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(seen.slice(-4))).toBeLessThan(0.6 * mean(seen.slice(0, 4)));
    disposeTraining(state);
  });

  const resumed: [string, Partial<TrainingConfig>, (readonly boolean[])?][] = [
    ['plain', {}],
    ['stateful lanes', {}, [true, false, true]],
    ['Adafactor', { optimizer: adafactor() }],
  ];
  // What is drawn is drawn on no GPU.
  if (!isEmulated(backend)) {
    resumed.push(['random state passing', { randomStatePassing: 0.8 }]);
    resumed.push(['random positions', { randomPositionOffset: true }]);
  }
  test.each(resumed)('resumes from a checkpoint to the bit: %s', async (_, changes, continues) => {
    const runOf = (steps: number) => tinyRun({ ...changes, steps }, copyTask(3, 12, continues));
    const whole = begin();
    await run(whole, runOf(4));

    const first = begin();
    await run(first, runOf(2));
    const bytes = await packTraining(runOf(2), first);
    disposeTraining(first);
    const second = begin();
    await unpackTraining(bytes, runOf(4), second);
    await run(second, runOf(4));

    expect(equal(await packTraining(runOf(4), second), await packTraining(runOf(4), whole))).toBe(true);
    disposeTraining(whole);
    disposeTraining(second);
  });

  test('holds the number of tensors and their bytes from step to step', async () => {
    const state = begin();
    const counts: string[] = [];
    for await (const _ of train(tinyRun({ randomStatePassing: 0.5, steps: 6 }), state)) {
      const { numTensors, numBytes } = tf.memory();
      counts.push(`${numTensors} tensors, ${numBytes} bytes`);
    }
    expect(new Set(counts.slice(1)).size).toBe(1);
    disposeTraining(state);
  });

  test('an abort saves, throws, and leaves a state from which the run goes on', async () => {
    const whole = begin();
    await run(whole, tinyRun());
    const state = begin();
    const controller = new AbortController();
    let saved = 0;
    const aborted = async () => {
      const options = { signal: controller.signal, save: async () => void saved++ };
      for await (const event of train(tinyRun(), state, options)) {
        if (event.type === 'step' && event.step === 2) controller.abort();
      }
    };
    await expect(aborted()).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect([state.step, saved]).toEqual([2, 1]);
    await run(state, tinyRun());
    expect(equal(await packTraining(tinyRun(), state), await packTraining(tinyRun(), whole))).toBe(true);
    disposeTraining(whole);
    disposeTraining(state);
  });

  test('a loss that is not finite changes nothing and leaves nothing behind', async () => {
    const state = begin();
    const poisoned = Object.keys(state.weights).find((name) => name.endsWith('1.self_attn.q_proj.weight'))!;
    const sound = state.weights[poisoned]!;
    state.weights = { ...state.weights, [poisoned]: tf.fill(sound.shape, Number.NaN) };
    sound.dispose();
    const before = tf.memory().numTensors;
    await expect(run(state, tinyRun())).rejects.toThrow(
      expect.objectContaining({
        name: 'NonFiniteError',
        message: expect.stringContaining('layer 1 makes no finite numbers'),
      }),
    );
    expect([state.step, tf.memory().numTensors]).toEqual([0, before]);
    disposeTraining(state);
  });

  test('a lane goes on from its own state, and one that does not starts afresh', async () => {
    const state = begin();
    await run(state, tinyRun({ steps: 1 }, copyTask(3, 12, [true, false, true])));
    const blocks = Array(3).fill({ blocks: 3, updates: 3, origin: 0 });
    expect(state.handed!.rows).toEqual(blocks);
    expect(stateTensors(state.handed!)['layers.0.fam']!.shape).toEqual([3, 2, 16]);
    disposeState(state.handed!);
    state.handed = undefined;
    disposeTraining(state);
  });

  test('lanes that change their shape are refused before anything changes', async () => {
    const state = begin();
    await expect(run(state, tinyRun({}, copyTask(3, 10, [true, true, true])))).rejects.toThrow(
      expect.objectContaining({ name: 'ConfigError' }),
    );
    expect(state.step).toBe(0);
    disposeTraining(state);
  });

  const without = (targets: Targets): Targets => ({
    places: targets.places.slice(0, 0),
    labels: targets.labels.slice(0, 0),
    weights: targets.weights.slice(0, 0),
  });
  const weightless = (targets: Targets): Targets => ({ ...targets, weights: new Float32Array(3) });

  test.each([
    ['no targets', without],
    ['targets that all weigh 0', weightless],
  ])('a step with %s reads on and changes no weight', async (_, change) => {
    const task = copyTask(3, 12, [true, true, true]);
    const silent = {
      ...task,
      batch: (step: number, seed: number) => {
        const batch = task.batch(step, seed);
        return step === 1 ? { ...batch, targets: change(batch.targets) } : batch;
      },
    };
    const state = begin();
    const changes = { disturbance: {}, restarts: [] };
    await run(state, tinyRun({ ...changes, steps: 1 }, silent));
    const [weights, tensors] = [state.weights, tf.memory().numTensors];
    const [event] = await run(state, tinyRun({ ...changes, steps: 2 }, silent));
    expect(event).toMatchObject({ loss: 0, norm: 0 });
    expect(state.weights).toEqual(weights);
    expect([state.step, state.updates, tf.memory().numTensors]).toEqual([2, 1, tensors]);
    expect(state.handed!.rows[0]!.blocks).toBe(6);
    await run(state, tinyRun({ ...changes, steps: 3 }, silent));
    expect(state.updates).toBe(2);
    disposeTraining(state);
  });

  test('gradients pass through the exchange, which may wait, before the update', async () => {
    const task = { ...copyTask(), batch: async (step: number, seed: number) => copyTask().batch(step, seed) };
    const optimizer = adamW({ weightDecay: 0 });
    const changes = { steps: 2, restarts: [], optimizer };
    const [state, plain] = [begin(), begin()];
    const names: string[][] = [];
    const before = await state.weights['fam.prompt']!.data();
    await run(state, tinyRun(changes, task), {
      async exchange(gradients) {
        names.push(Object.keys(gradients).sort());
        await Promise.resolve();
        return Object.fromEntries(Object.entries(gradients).map(([name, g]) => [name, tf.zerosLike(g)]));
      },
    });
    expect(names).toEqual([Object.keys(state.weights).sort(), Object.keys(state.weights).sort()]);
    expect(await state.weights['fam.prompt']!.data()).toEqual(before);
    await run(plain, tinyRun(changes, task));
    expect(await plain.weights['fam.prompt']!.data()).not.toEqual(before);
    disposeTraining(plain);
    disposeTraining(state);
  });
});
