/** From a run file to a run: each task reads its own places, by its own rule for what is broken, and what is to be trained is. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { setBackend } from '@famjs/backends';
import { disposeTraining, packTraining, train, unpackTraining } from '@famjs/trainer';
import { initialAdapter, languageModel, loadModel, type ModelConfig } from '@famjs/zoo';
import { saveModelFolder } from '@famjs/zoo/node';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { parseRunFile, prepareRun } from '../src/index.ts';
import { smallModel, tokenizer } from './small-model.ts';

beforeAll(() => setBackend('cpu'));

const stages = [{ steps: 1, blocks: [1, 1], rows: 2, rate: 1e-3 }];
const text = (name: string, broken?: string) => ({ name: 'text', texts: [name], ...(broken && { broken }) });

test('tasks of a mixture have their own rules for broken lines; held-out texts and books break the run', async () => {
  const model = languageModel({ ...smallModel({}), tokenizer });
  const task = [text('a', 'skip'), text('b'), { name: 'passkey', books: ['c'] }];
  const file = parseRunFile({ model: 'small', train: 'prompt', task, stages }, 'the run');
  const asked: string[][] = [];
  const { state } = await prepareRun(file, model, async (...given) => {
    asked.push(given);
    return [{ tokens: Array(40).fill(1) }];
  });
  expect(asked.sort()).toEqual([
    ['a', 'skip'],
    ['b', 'fail'],
    ['c', 'fail'],
  ]);
  disposeTraining(state);
  tf.dispose(Object.values(model.weights) as tf.Tensor[]);
});

test.each([
  ['prompt', ['fam.prompt']],
  ['state', ['fam.state.0', 'fam.state.1']],
  [
    'lora',
    [
      'fam.prompt',
      ...[0, 1].flatMap((l) =>
        ['A', 'B'].map((part) => `model.layers.${l}.self_attn.q_proj.lora_${part}.memory.weight`),
      ),
    ],
  ],
] as const)('%s trains what it says and freezes the rest', async (train, names) => {
  const model = languageModel({ ...smallModel({}), tokenizer });
  const lora = { rank: 2, targets: ['q_proj'] };
  const file = parseRunFile({ model: 'small', train, lora, task: text('a'), stages }, 'the run');
  const { state } = await prepareRun(file, model, async () => [{ tokens: Array(40).fill(1) }]);
  expect([...state.trainable].sort()).toEqual([...names].sort());
  disposeTraining(state);
  tf.dispose(Object.values(model.weights) as tf.Tensor[]);
});

test('a memory’s adapter goes on by another alpha, and by no other rank or targets', async () => {
  const lora = { rank: 2, alpha: 4, targets: ['q_proj'] };
  const prepared = async (config: ModelConfig, changes: Partial<typeof lora> | undefined) => {
    const { weights } = smallModel({});
    if (config.adapters) Object.assign(weights, initialAdapter(config, 'memory', 0));
    const model = languageModel({ config, weights, tokenizer });
    const given = changes && { lora: { ...lora, ...changes } };
    const file = parseRunFile(
      { model: 'small', train: 'lora', ...given, task: text('a'), stages },
      'the run',
    );
    try {
      const { run, state } = await prepareRun(file, model, async () => [{ tokens: Array(40).fill(1) }]);
      disposeTraining(state);
      return run.config;
    } finally {
      tf.dispose(Object.values(model.weights) as tf.Tensor[]);
    }
  };
  const { config, weights } = smallModel({});
  tf.dispose(Object.values(weights) as tf.Tensor[]);
  const began = await prepared(config, {});
  const alphas = ({ adapters }: ModelConfig) =>
    Object.values(adapters!.memory!.maps).map(({ alpha }) => alpha);
  expect(alphas(began)).toEqual([4, 4]);
  expect(await prepared(began, undefined)).toEqual(began);
  expect(alphas(await prepared(began, { alpha: 3 }))).toEqual([3, 3]);
  for (const other of [{ rank: 3 }, { targets: ['k_proj'] }])
    await expect(prepared(began, other)).rejects.toThrow(/has not the rank and targets/);
});

test('full trains all of a pretrained checkpoint, goes on after a stop to the same bits, and leaves a model that loads', async () => {
  const checkpoint = fileURLToPath(new URL('../../../tooling/checkpoints/fixtures/llama', import.meta.url));
  const tokens = Array.from({ length: 120 }, (_, i) => i % 5);
  const fam = { length: 4, blockSize: 8, variant: 'fam-norm' } as const;
  const options = { dtype: 'f32', tokenizer: false } as const;
  const file = parseRunFile(
    {
      ...{ model: 'llama', fam, train: 'full', task: { name: 'text', texts: ['a'], order: 'documents' } },
      ...{ optimizer: { name: 'adafactor' }, stages: [{ steps: 4, blocks: [2, 2], rows: 2, rate: 3e-3 }] },
    },
    'the run',
  );
  const before = tf.memory().numTensors;
  const prepared = async () => {
    const model = await loadModel(checkpoint, { ...options, fam });
    return {
      model,
      ...(await prepareRun(file, model, async () => [{ tokens }, { tokens: tokens.slice(50) }])),
    };
  };
  const whole = await prepared();
  const untrained = Object.fromEntries(
    Object.entries(whole.state.weights).map(([name, weight]) => [name, weight.dataSync()]),
  );
  const losses: number[] = [];
  for await (const event of train(whole.run, whole.state)) if (event.type === 'step') losses.push(event.loss);
  expect(losses.at(-1)!).toBeLessThan(losses[0]!);
  for (const [name, weight] of Object.entries(whole.state.weights))
    expect(weight.dataSync(), name).not.toEqual(untrained[name]);

  const stopped = await prepared();
  const controller = new AbortController();
  const stopping = async () => {
    for await (const { step } of train(stopped.run, stopped.state, controller))
      if (step === 2) controller.abort();
  };
  await expect(stopping()).rejects.toThrow(/abort/);
  const again = await prepared();
  await unpackTraining(await packTraining(stopped.run, stopped.state), again.run, again.state);
  expect(again.state.step).toBe(2);
  for await (const _ of train(again.run, again.state));
  expect(await packTraining(again.run, again.state)).toEqual(await packTraining(whole.run, whole.state));

  const folder = mkdtempSync(path.join(tmpdir(), 'famjs-full-'));
  await saveModelFolder(folder, { config: whole.run.config, weights: whole.state.weights });
  const loaded = await loadModel(folder, options);
  rmSync(folder, { recursive: true });
  expect(loaded.config.fam).toEqual(whole.run.config.fam);
  for (const [name, weight] of Object.entries(whole.state.weights))
    expect((loaded.weights[name] as tf.Tensor).dataSync(), name).toEqual(weight.dataSync());
  for (const { model, state } of [whole, stopped, again]) {
    disposeTraining(state);
    model.dispose();
  }
  loaded.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
