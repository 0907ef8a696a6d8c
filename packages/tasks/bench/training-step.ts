/**
 * Times a whole training step of a PassKey model with our kernels against the same step without them, as a composition of
 * TF.js ops, on the same backend and batches, in alternation.
 *
 *     node --conditions=@famjs/source --import tsx packages/tasks/bench/training-step.ts [--backend wasm] [--rounds 9]
 */
import { parseArgs } from 'node:util';
import { type BackendName, setBackend } from '@famjs/backends';
import { passKeyRecipe, passKeyTokenizerJson } from '@famjs/tasks';
import { disposeTraining, freshTraining, train } from '@famjs/trainer';
import { loadTokenizer } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';

const { values } = parseArgs({
  options: { backend: { type: 'string', default: 'wasm' }, rounds: { type: 'string', default: '9' } },
});
const backend = await setBackend(values.backend as BackendName);
const ours = tf.getKernelsForBackend(backend).filter(({ kernelName }) => kernelName.startsWith('famjs/'));
const { config, task, training, initialWeights } = passKeyRecipe(
  'fam',
  loadTokenizer(passKeyTokenizerJson()),
);

/** Seconds of the step at `step` of the recipe. */
async function timeStep(step: number): Promise<number> {
  const weights = initialWeights(0);
  const state = { ...freshTraining(weights, Object.keys(weights), 0), step };
  let seconds = 0;
  for await (const event of train(config, task, { ...training, steps: step + 1 }, state)) {
    if (event.type === 'step') seconds = event.seconds;
  }
  disposeTraining(state);
  return seconds;
}

async function withoutKernels(run: () => Promise<number>): Promise<number> {
  for (const { kernelName } of ours) tf.unregisterKernel(kernelName, backend);
  try {
    return await run();
  } finally {
    for (const kernel of ours) tf.registerKernel(kernel);
  }
}

const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
const rows: Record<string, object> = {};
for (const [stage, step] of [
  ['binding, 2 blocks', 0],
  ['holding, 3 to 24 blocks', 700],
] as const) {
  await timeStep(step);
  const times: { kernels: number; composition: number }[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    times.push({ kernels: await timeStep(step), composition: await withoutKernels(() => timeStep(step)) });
  }
  const ratios = times.map(({ kernels, composition }) => composition / kernels);
  rows[stage] = {
    'kernels, ms': Math.round(1000 * median(times.map(({ kernels }) => kernels))),
    'composition, ms': Math.round(1000 * median(times.map(({ composition }) => composition))),
    'median ratio': median(ratios).toFixed(2),
    'least … largest': `${Math.min(...ratios).toFixed(2)} … ${Math.max(...ratios).toFixed(2)}`,
  };
}
console.log(`A training step of the PassKey model on ${backend}`);
console.table(rows);
