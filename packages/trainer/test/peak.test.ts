/** Memory of a run: what is told before its first step is what its steps take, whatever it trains and however it is cut. */
import { setBackend } from '@famjs/backends';
import { startedBackends } from '@famjs/testing';
import { adaptedConfig, initialAdapter, initialWeights, llamaConfig, stream } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  adafactor,
  disposeTraining,
  estimatePeak,
  freshTraining,
  largestBatch,
  type Run,
  type TrainingConfig,
  type TrainingState,
  textTask,
  train,
} from '../src/index.ts';

const fam = { blockSize: 16, memorySegments: 1, famLength: 4, variant: 'fam-norm' } as const;
/** Wide and with few tokens: weights and what their optimizer keeps are most of it. */
const wide = llamaConfig({
  ...{ width: 64, heads: 4, keyValueHeads: 2, layers: 2, intermediateWidth: 96, theta: 100 },
  ...{ vocabularySize: 300, tiedEmbeddings: true, fam },
});
/** Narrow and with many tokens, whose logits are never there as a whole. */
const wordy = llamaConfig({
  ...{ width: 8, heads: 2, layers: 1, intermediateWidth: 8, theta: 100 },
  ...{ vocabularySize: 12_000, tiedEmbeddings: false, fam },
});
/** In a Llama's proportions. */
const llama = llamaConfig({
  ...{ width: 64, heads: 4, keyValueHeads: 2, layers: 2, intermediateWidth: 168, theta: 100 },
  ...{ vocabularySize: 300, tiedEmbeddings: true, fam },
});
const text = (vocabulary: number) => {
  const random = stream(1, 'data');
  return Array.from({ length: 3000 }, () => random.below(vocabulary));
};

interface Case {
  config: typeof wide;
  lora?: true;
  order?: 'random' | 'lanes';
  training?: Partial<TrainingConfig>;
}
const cases: Record<string, Case> = {
  'all weights, with disturbances': {
    config: wide,
    training: { disturbance: { noise: 0.1, mix: 0.1, hold: 0.1 } },
  },
  'lanes by LoRA, a block at a time': {
    ...{ config: wide, lora: true, order: 'lanes' },
    training: { segmentBlocks: 1 },
  },
  'a large vocabulary with Adafactor, four rows at once': {
    config: wordy,
    training: { optimizer: adafactor(), rowsAtOnce: 4 },
  },
};

async function runOf({ config, lora, order = 'random', training }: Case): Promise<[Run, TrainingState]> {
  const choices = { rank: 4, alpha: 8, targets: ['q_proj', 'down_proj'] };
  const own = lora ? await adaptedConfig(config, 'memory', choices) : config;
  const added = lora ? initialAdapter(own, 'memory', 0) : {};
  const weights = { ...initialWeights(config, 0), ...added };
  const task = textTask(text(config.vocabularySize), { rows: 8, length: 48, order });
  const isTrained = (name: string) => !lora || name.includes('lora_') || name.startsWith('fam.');
  const run = { config: own, task, training: { steps: 2, segmentBlocks: 2, ...training } };
  return [run, freshTraining(weights, 0, isTrained)];
}

describe.each(['wasm', 'tensorflow'] as const)('on %s', (backend) => {
  test.runIf(startedBackends.includes(backend)).each(Object.entries(cases))('%s', async (_, given) => {
    await setBackend(backend);
    const [run, state] = await runOf(given);
    const frozen = Object.values(state.weights).filter((tensor) => tensor);
    const before = { ...tf.memory() };
    const prompt = await state.weights['fam.prompt']!.data();
    const estimate = await estimatePeak(run, state, await largestBatch(run, state.seed));
    expect(tf.memory()).toMatchObject({ numTensors: before.numTensors, numBytes: before.numBytes });
    expect([state.step, state.updates, state.slots]).toEqual([0, 0, undefined]);
    expect(await state.weights['fam.prompt']!.data()).toEqual(prompt);
    let measured = 0;
    for await (const event of train(run, state))
      if (event.type === 'step') measured = Math.max(measured, event.peakBytes);
    expect(estimate / measured).toBeGreaterThan(0.95);
    expect(estimate / measured).toBeLessThan(1.05);
    const tight = 0.8 * measured;
    expect(await estimatePeak(run, state, await largestBatch(run, state.seed), tight)).toBeGreaterThan(tight);
    disposeTraining(state);
    tf.dispose(frozen);
  });
});

test('layers that are recomputed take less at once', async () => {
  await setBackend('wasm');
  const config = { ...llama, layers: 6 };
  const task = textTask(text(config.vocabularySize), { rows: 4, length: 4 * fam.blockSize });
  const state = freshTraining(initialWeights(config, 0), 0, (name) => name.startsWith('fam.'));
  const before = tf.memory().numBytes;
  const peaks: number[] = [];
  for (const recomputeLayers of [false, true]) {
    const run = { config, task, training: { steps: 1, segmentBlocks: 4, recomputeLayers } };
    peaks.push(await estimatePeak(run, state, await task.batch(0, 0)));
  }
  expect(tf.memory().numBytes).toBe(before);
  expect(peaks[1]! / peaks[0]!).toBeLessThan(0.6);
  const all = Object.values(state.weights);
  disposeTraining(state);
  tf.dispose(all);
});

test('a step over 64 blocks takes at most 1.3 times the memory of one over 4, a few blocks at a time', async () => {
  await setBackend('wasm');
  const peaks: number[] = [];
  for (const blocks of [4, 64]) {
    const task = textTask(text(llama.vocabularySize), { rows: 4, length: blocks * fam.blockSize });
    const run = { config: llama, task, training: { steps: 1, segmentBlocks: 4 } };
    const state = freshTraining(initialWeights(llama, 0), 0, (name) => name.startsWith('fam.'));
    const frozen = Object.values(state.weights);
    peaks.push(await estimatePeak(run, state, await task.batch(0, 0)));
    disposeTraining(state);
    tf.dispose(frozen);
  }
  expect(peaks[1]! / peaks[0]!).toBeLessThan(1.3);
});
