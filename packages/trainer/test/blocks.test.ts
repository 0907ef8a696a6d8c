/** Batches in blocks of their own: a step, and a look at FAM, are those of a model with such blocks. */
import { setBackend } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { disposeTraining, freshTraining, type Task, train, watchFam } from '../src/index.ts';
import { copyTask, tinyConfigOf, tinyTraining, tinyWeights } from './tiny.ts';

/** What two steps tell, and FAM after them. @param blockSize of each step's batch; the model's where there is none */
async function trained(ofModel: number, blockSize: readonly (number | undefined)[] = []) {
  const config = tinyConfigOf({ variant: 'fam-norm', blockSize: ofModel });
  const task: Task = {
    about: {},
    batch: (step, seed) => ({ ...copyTask(3, 12).batch(step, seed), blockSize: blockSize[step] }),
  };
  const state = freshTraining(tinyWeights(1), 7);
  const steps: number[][] = [];
  const training = tinyTraining({ steps: 2, randomStatePassing: 1 });
  for await (const event of train({ config, task, training }, state)) {
    if (event.type === 'step') steps.push([event.loss, event.norm]);
  }
  const { size, change } = await watchFam({ config, weights: state.weights }, await task.batch(1, 7));
  disposeTraining(state);
  return [...steps, size, change];
}

test('a step and a look at FAM read in the blocks of their batch', async () => {
  await setBackend('cpu');
  const count = tf.memory().numTensors;
  const [small, large] = [await trained(4), await trained(6)];
  expect(await trained(4, [6, 6])).toEqual(large);
  expect(await trained(6, [4, 4])).toEqual(small);
  const [first, second] = await trained(4, [undefined, 6]);
  expect(first).toEqual(small[0]);
  expect([small[1], large[1]]).not.toContainEqual(second);
  expect(tf.memory().numTensors).toBe(count);
});
