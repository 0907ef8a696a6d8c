/** A model and a task small enough to train in a test: copy the first token of a text once it has left the window. */

import { initialWeights, llamaConfig, stream } from '@famjs/zoo';
import type * as tf from '@tensorflow/tfjs-core';
import { type Batch, constant, type Task, type TrainingConfig, targetList } from '../src/index.ts';

export const tinyConfig = llamaConfig({
  ...{ width: 16, heads: 2, keyValueHeads: 1, layers: 2, theta: 100, intermediateWidth: 24 },
  ...{ vocabularySize: 7, tiedEmbeddings: true },
  fam: { blockSize: 4, memorySegments: 1, famLength: 2, variant: 'fam-norm' },
});

export function tinyTraining(changes: Partial<TrainingConfig> = {}): TrainingConfig {
  return {
    steps: 4,
    rate: { warmup: 2, pieces: [{ steps: 4, from: 1e-2, to: 1e-3, shape: 'cosine' }] },
    noise: constant(0.1),
    mix: constant(0.2),
    hold: constant(0.1),
    segmentBlocks: 2,
    optimizer: { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.01, clipNorm: 1 },
    restarts: [3],
    randomStatePassing: 0,
    randomPositionOffset: 0,
    ...changes,
  };
}

/** Rows of random tokens whose last token is to be their first. Counts its batches, to have something to save. */
export function copyTask(rows = 3, length = 12, continues?: readonly boolean[]): Task {
  let served = 0;
  return {
    batch(step: number, seed: number): Batch {
      served++;
      const random = stream(seed, 'data', step);
      const tokens = Int32Array.from({ length: rows * length }, () =>
        random.below(tinyConfig.vocabularySize),
      );
      const { add, targets } = targetList();
      for (let row = 0; row < rows; row++) {
        const last = (row + 1) * length - 1;
        tokens[last] = tokens[row * length]!;
        add(last - 1, tokens[last]!, 1, true);
      }
      return { rows, length, tokens, targets: targets(), ...(continues && { continues }) };
    },
    save: () => served,
    restore: (saved) => {
      served = saved as number;
    },
  };
}

export const tinyWeights = (seed = 0, config = tinyConfig): Record<string, tf.Tensor> =>
  initialWeights(config, seed, { embedding: 0.5, prompt: 0.5, residual: 0.5, head: 1 });
