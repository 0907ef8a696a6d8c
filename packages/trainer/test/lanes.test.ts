/** What a step hands to the next: lanes equal the one whole text, for every position option; random state passing hands on FAM. */
import { setBackend } from '@famjs/backends';
import { recomputedGradients, startState, stateTensors } from '@famjs/layer';
import { expectClose } from '@famjs/testing';
import { stackOf, stream } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { originsOf } from '../src/hand-over.ts';
import { type Batch, crossEntropy, disposeTraining, freshTraining, type Run, train } from '../src/index.ts';
import { partsOf } from '../src/parts.ts';
import { settingsOf } from '../src/settings.ts';
import { stepOf } from '../src/train-step.ts';
import { copyTask, tinyConfig, tinyTraining, tinyWeights } from './tiny.ts';

beforeAll(() => setBackend('wasm'));

const [rows, length, steps] = [3, 8, 5];
/** Steps at which rows begin a document: the second goes on all along, the others begin anew at different places. */
const begins = [[0, 2, 3], [0], [0, 1, 4]];

const random = stream(3, 'data');
const texts = Array.from({ length: rows }, () =>
  Int32Array.from({ length: steps * length + 1 }, () => random.below(tinyConfig.vocabularySize)),
);

/** Every token of one row between two places of its text is to be predicted. */
function targetsOf(row: number, place: number, from: number, to: number): Batch['targets'] {
  const all = Array.from({ length: to - from }, (_, i) => i);
  return {
    places: Int32Array.from(all, (i) => place + i),
    labels: texts[row]!.slice(from + 1, to + 1),
    weights: new Float32Array(all.length).fill(1),
  };
}

/** The texts in lanes, of which one row is predicted. */
const laneTask = (row: number) => ({
  about: { name: 'lanes' },
  batch(step: number): Batch {
    const [from, to] = [step * length, (step + 1) * length];
    const tokens = new Int32Array(rows * length);
    texts.forEach((text, b) => {
      tokens.set(text.subarray(from, to), b * length);
    });
    const continues = begins.map((starts) => !starts.includes(step));
    return { rows, length, tokens, continues, targets: targetsOf(row, row * length, from, to) };
  },
});

const settings = { rate: 0, restarts: [], disturbance: {} };

async function lossesOf(run: Run): Promise<number[]> {
  const state = freshTraining(tinyWeights(1, run.config), 7);
  const losses: number[] = [];
  for await (const event of train(run, state)) if (event.type === 'step') losses.push(event.loss);
  disposeTraining(state);
  return losses;
}

describe.each(['last', 'float', 'zero'] as const)('lanes with FAM at position %s', (position) => {
  test.each([
    ['block-relative', false, 1],
    ['absolute', true, 1],
    ['absolute, without memory segments', true, 0],
  ])('equal each document read whole: %s positions', async (_, randomPositionOffset, memorySegments) => {
    const config = { ...tinyConfig, fam: { ...tinyConfig.fam, position, memorySegments } };
    const training = tinyTraining({ ...settings, steps, randomPositionOffset });
    for (let row = 0; row < rows; row++) {
      const inLanes = await lossesOf({ config, task: laneTask(row), training });
      const whole: number[] = [];
      for (let step = 0; step < steps; step++) {
        const begin = Math.max(...begins[row]!.filter((start) => start <= step));
        const [first, from, to] = [begin * length, step * length, (step + 1) * length];
        const weights = tinyWeights(1, config);
        const drawn = { ...freshTraining(weights, 7), step: begin };
        const origin = originsOf(config, laneTask(row).batch(begin), settingsOf(training), drawn, 0)[row]!;
        const batch: Batch = {
          ...{ rows: 1, length: to - first, tokens: texts[row]!.slice(first, to) },
          targets: targetsOf(row, from - first, from, to),
        };
        const objective = crossEntropy.of({
          ...stepOf(config, partsOf(batch)[0]!, settingsOf(training), drawn),
          start: (weights) => startState(stackOf({ config, weights }), [origin]),
        });
        const { loss } = recomputedGradients(objective.pass, weights, ['model.norm.weight']);
        whole.push((await loss.data())[0]!);
        tf.dispose(weights);
      }
      await expectClose(inLanes, whole, { relative: 2e-5, absolute: 0 }, `row ${row}`);
    }
  });
});

test('where a document stands matters to lanes: carried, begun anew and moved ones differ', async () => {
  const run = { config: tinyConfig, task: laneTask(1), training: tinyTraining({ ...settings, steps }) };
  const batch = (step: number): Batch => ({ ...laneTask(1).batch(step), continues: undefined });
  const [carried, anew] = [await lossesOf(run), await lossesOf({ ...run, task: { about: {}, batch } })];
  expect(carried[0]).toBe(anew[0]);
  expect(Math.abs(carried[1]! - anew[1]!)).toBeGreaterThan(1e-3);
});

describe('random state passing', () => {
  const runOf = (randomStatePassing: number, steps = 6): Run => ({
    config: tinyConfig,
    task: copyTask(),
    training: tinyTraining({ ...settings, steps, randomStatePassing }),
  });

  test('hands on the FAM of one row, and no keys of tokens', async () => {
    const state = freshTraining(tinyWeights(), 0);
    for await (const _ of train(runOf(0.5, 2), state));
    const handed = stateTensors(state.handed!);
    expect(Object.keys(handed).length).toBeGreaterThan(0);
    for (const [name, { shape }] of Object.entries(handed)) {
      expect(name).toMatch(/^layers\.\d\.fam/);
      expect(shape[0]).toBe(1);
    }
    expect(state.handed!.rows).toEqual([{ blocks: 0, updates: 3, origin: 0 }]);
    disposeTraining(state);
  });

  test('starts every row from it, with its probability', async () => {
    const [never, always, often] = [
      await lossesOf(runOf(0)),
      await lossesOf(runOf(1)),
      await lossesOf(runOf(0.5)),
    ];
    expect(always[0]).toBe(never[0]);
    const passed = (losses: number[]) => losses.map((loss, step) => Math.abs(loss - never[step]!) > 1e-5);
    expect(passed(always)).toEqual([false, true, true, true, true, true]);
    expect(new Set(passed(often).slice(1))).toEqual(new Set([true, false]));
  });
});
