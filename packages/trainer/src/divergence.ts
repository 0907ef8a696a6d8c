/** Where a step stopped being numbers, for the error that says so. */
import { NonFiniteError, tidied } from '@famjs/backends';
import { type Recurrence, startState, type WeightMap } from '@famjs/layer';
import { type ModelConfig, readTokens, stackOf } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from './batch.ts';

/** The error of a step, with the lowest layer that makes no numbers of the batch or else the weights whose gradients are none. */
export async function divergenceOf(
  step: number,
  { loss, norm }: { loss: number; norm: number },
  { config, weights, batch, gradients }: Diverged,
): Promise<NonFiniteError> {
  const layer = await divergedLayer(config, weights, batch);
  const where =
    layer === undefined
      ? `the gradients of ${inWords(await namesOfDiverged(gradients))} are not finite`
      : `layer ${layer} makes no finite numbers of the batch`;
  return new NonFiniteError({
    wrong: `The loss of step ${step} is ${loss} and the norm of its gradients ${norm}: ${where}.`,
    expected: 'finite numbers; the weights are still those of the step before.',
    remedy:
      'lower the learning rate or the clipping norm, or go on from the last checkpoint with another seed.',
  });
}

interface Diverged {
  config: ModelConfig;
  weights: WeightMap;
  batch: Batch;
  gradients: WeightMap;
}

async function divergedLayer(
  config: ModelConfig,
  weights: WeightMap,
  { rows, length, tokens }: Batch,
): Promise<number | undefined> {
  const sums = tidied(() => {
    const found: tf.Tensor[][] = Array.from({ length: config.layers }, () => []);
    const attend: Recurrence['attend'] = ({ output }, { layer }) => {
      found[layer]!.push(tf.sum(output()));
    };
    const stack = stackOf({ config, weights });
    const text = tf.tensor2d(tokens, [rows, length], 'int32');
    const read = readTokens({ config, weights }, stack, text, startState(stack, rows), {
      recurrence: { attend },
    });
    read.hidden();
    return found.map((all) => tf.addN([tf.scalar(0), ...all]));
  });
  try {
    const values = await Promise.all(sums.map(async (sum) => (await sum.data())[0]!));
    const lowest = values.findIndex((value) => !Number.isFinite(value));
    return lowest < 0 ? undefined : lowest;
  } finally {
    tf.dispose(sums);
  }
}

async function namesOfDiverged(gradients: WeightMap): Promise<string[]> {
  const names: string[] = [];
  for (const [name, gradient] of Object.entries(gradients)) {
    if (!(await gradient.data()).every(Number.isFinite)) names.push(name);
  }
  return names;
}

const inWords = (names: readonly string[]) =>
  names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
