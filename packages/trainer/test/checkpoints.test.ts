/** Checkpoints: whole or refused, and of this run or refused with the difference in words. */
import { CheckpointError, setBackend } from '@famjs/backends';
import { hashOf, stream } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test, vi } from 'vitest';
import {
  adafactor,
  adamW,
  crossEntropy,
  disposeTraining,
  freshTraining,
  hashOfNumbers,
  packTraining,
  type Run,
  type TrainingState,
  textTask,
  train,
  unpackTraining,
} from '../src/index.ts';
import { differences, until } from '../src/run.ts';
import { copyTask, tinyConfig, tinyRun, tinyWeights } from './tiny.ts';

beforeAll(() => setBackend('cpu'));

const begin = (seed = 0) => freshTraining(tinyWeights(seed), seed);

async function trained(run: Run, state: TrainingState): Promise<TrainingState> {
  for await (const _ of train(run, state));
  return state;
}

let bytes: Uint8Array;
beforeAll(async () => {
  const state = await trained(tinyRun({ steps: 1 }), begin());
  bytes = await packTraining(tinyRun({ steps: 1 }), state);
  disposeTraining(state);
});

const edited = (change: (text: string) => string) => (whole: Uint8Array) =>
  Uint8Array.from(change(new TextDecoder('latin1').decode(whole)), (letter) => letter.charCodeAt(0));

test.each([
  ['cut short', (whole: Uint8Array) => whole.slice(0, whole.length - 3)],
  ['without notes', edited((text) => text.replace('"training"', '"trainung"'))],
  ['with another step', edited((text) => text.replace('\\"step\\":1', '\\"step\\":2'))],
  ['with another number', (whole: Uint8Array) => whole.with(whole.length - 2, 77)],
  ['empty', () => new Uint8Array()],
])('%s: refused, nothing changed, nothing left behind', async (_, damage) => {
  const state = begin();
  const [weights, tensors] = [state.weights, tf.memory().numTensors];
  await expect(unpackTraining(damage(bytes), tinyRun(), state)).rejects.toThrow(CheckpointError);
  expect([state.weights, tf.memory().numTensors]).toEqual([weights, tensors]);
  disposeTraining(state);
});

const wider = { ...tinyConfig, family: { ...tinyConfig.family, intermediateWidth: 32 } };
test.each<[string, Partial<Run>, number, RegExp]>([
  ['model', { config: wider }, 0, /model\.config\.intermediate_size was 24 and is 32/],
  ['data', { task: copyTask(4, 12) }, 0, /data\.rows was 3 and is 4/],
  ['seed', {}, 1, /seed was 0 and is 1/],
  [
    'objective',
    { training: { objective: { ...crossEntropy, about: { name: 'other' } } } as never },
    0,
    /objective\.name was "cross-entropy" and is "other"/,
  ],
  [
    'optimizer',
    { training: { optimizer: adamW({ beta2: 0.5 }) } as never },
    0,
    /optimizer\.beta2 was 0\.99 and is 0\.5/,
  ],
  [
    'kind of optimizer',
    { training: { optimizer: adafactor() } as never },
    0,
    /optimizer\.name was "adamw" and is "adafactor"/,
  ],
  ['rate', { training: { rate: 0.5 } as never }, 0, /optimizer\.rate was .* and is 0\.5/],
  [
    'stopped gradient',
    { training: { stopGradient: 'fam' } as never },
    0,
    /stopGradient was not given and is "fam"/,
  ],
  [
    'disturbance',
    { training: { disturbance: { noise: 0.1, mix: 0.2 } } as never },
    0,
    /disturbance\.hold was 0\.1 and is not given/,
  ],
])('another %s is refused, and the difference said', async (_, changes, seed, difference) => {
  const run = tinyRun();
  const other = { ...run, ...changes, training: { ...run.training, ...changes.training } };
  const state = begin(seed);
  const weights = state.weights;
  await expect(unpackTraining(bytes, other, state)).rejects.toThrow(difference);
  expect([state.step, state.weights]).toEqual([0, weights]);
  disposeTraining(state);
});

test('steps, and the cut into segments, may change', async () => {
  const state = begin();
  expect(await unpackTraining(bytes, tinyRun({ steps: 9, segmentBlocks: 5 }), state)).toBe('cpu');
  expect([state.step, state.updates]).toEqual([1, 1]);
  disposeTraining(state);
});

test('what has not begun may change, and a stage that is the same all along may be longer', () => {
  const rate = (...pieces: object[]) => ({ rate: { warmup: 2, pieces }, restarts: [0, 6] });
  const [first, falling] = [
    { steps: 4, from: 3, to: 3 },
    { steps: 4, from: 3, to: 1 },
  ];
  const same = (step: number, before: object, now: object) =>
    differences(until(step, before), until(step, now)).length === 0;
  const before = rate(first, falling);
  for (const [now, last] of [
    [rate(first), 4],
    [rate({ ...first, steps: 3 }, falling), 3],
    [rate({ ...first, steps: 9 }), 4],
    [rate(first, { ...falling, steps: 5 }), 4],
    [rate(first, falling, first), 8],
    [{ ...before, restarts: [0, 7] }, 6],
    [{ ...before, restarts: [0] }, 6],
    [rate({ ...first, to: 2 }), 0],
  ] as const)
    expect([last, same(last, before, now), same(last + 1, before, now)]).toEqual([last, true, false]);
});

test('another backend goes on only where that is asked for', async () => {
  await setBackend('wasm');
  const state = begin();
  await expect(unpackTraining(bytes, tinyRun(), state)).rejects.toThrow(/written on cpu, and this is wasm/);
  expect(await unpackTraining(bytes, tinyRun(), state, { anotherBackend: true })).toBe('cpu');
  disposeTraining(state);
  await setBackend('cpu');
});

test('weights that are not trained are neither moved nor written, and others in their place are refused', async () => {
  const isPrompt = (name: string) => name === 'fam.prompt';
  const weights = tinyWeights();
  const run = tinyRun({ steps: 2, optimizer: adafactor() });
  const state = await trained(run, freshTraining(weights, 0, isPrompt));
  for (const name of Object.keys(weights)) {
    expect(state.weights[name] === weights[name]).toBe(!isPrompt(name));
  }
  const partial = await packTraining(run, state);
  expect(partial.length).toBeLessThan(bytes.length / 4);
  expect(new TextDecoder('latin1').decode(partial)).not.toMatch(/weights\/model/);

  const again = freshTraining({ ...state.weights, 'fam.prompt': tf.zeros([2, 16]) }, 0, isPrompt);
  await unpackTraining(partial, run, again);
  expect(await again.weights['fam.prompt']!.data()).toEqual(await state.weights['fam.prompt']!.data());
  const other = freshTraining(tinyWeights(5), 0, isPrompt);
  await expect(unpackTraining(partial, run, other)).rejects.toThrow(/frozen was/);
  const all = freshTraining(tinyWeights(), 0);
  await expect(unpackTraining(partial, run, all)).rejects.toThrow(
    /trained was "fam.prompt" and is "all weights"/,
  );

  disposeTraining(state);
  const name = 'model.norm.weight';
  expect(weights[name]!.isDisposed).toBe(false);
});

test.each([0, 1, 4095, 4096, 4097, 20_000])(
  '%i numbers are hashed as their text, of which a part exists at a time',
  (count) => {
    const numbers = Float32Array.from(
      { length: count },
      (_, i) => ((i * 7919) % 49_152) / (i % 3 === 0 ? 3 : 1),
    );
    const encode = vi.spyOn(TextEncoder.prototype, 'encode');
    const hash = hashOfNumbers(numbers);
    const longest = Math.max(0, ...encode.mock.calls.map(([text]) => text!.length));
    encode.mockRestore();
    expect(hash).toBe(hashOf(numbers.join(' ')));
    expect(longest).toBeLessThan(100_000);
  },
);

test('the name of a text’s data is its content', () => {
  const random = stream(0, 'data');
  const tokens = Array.from({ length: 600 }, () => random.below(7));
  const about = JSON.stringify(textTask(tokens).about);
  tokens[300] = (tokens[300]! + 1) % 7;
  expect(JSON.stringify(textTask(tokens).about)).not.toBe(about);
});
