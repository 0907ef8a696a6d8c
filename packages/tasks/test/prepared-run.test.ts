/** From a run file to a run: each task reads its own places, by its own rule for what is broken, and what is to be trained is. */
import { setBackend } from '@famjs/backends';
import { disposeTraining } from '@famjs/trainer';
import { languageModel } from '@famjs/zoo';
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
