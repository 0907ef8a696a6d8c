/** A model and a task small enough to train in a test: copy the first token of a text once it has left the window. */

import type { FamChoices } from '@famjs/layer';
import { initialWeights, llamaConfig, stream } from '@famjs/zoo';
import type * as tf from '@tensorflow/tfjs-core';
import { type Batch, type Run, type Task, type TrainingConfig, targetList } from '../src/index.ts';

export const tinyConfigOf = (changes: Partial<FamChoices>) =>
  llamaConfig({
    ...{ width: 16, heads: 2, keyValueHeads: 1, layers: 2, theta: 100, intermediateWidth: 24 },
    ...{ vocabularySize: 7, tiedEmbeddings: true },
    fam: { blockSize: 4, memorySegments: 1, famLength: 2, ...changes },
  });

export const tinyConfig = tinyConfigOf({ variant: 'fam-norm' });

export function tinyTraining(changes: Partial<TrainingConfig> = {}): TrainingConfig {
  return {
    steps: 4,
    rate: { warmup: 2, pieces: [{ steps: 4, from: 1e-2, to: 1e-3, shape: 'cosine' }] },
    disturbance: { noise: 0.1, mix: 0.2, hold: 0.1 },
    segmentBlocks: 2,
    restarts: [3],
    ...changes,
  };
}

/** A task whose batches are there at once. */
interface ReadyTask extends Task {
  batch(step: number, seed: number): Batch;
}

/** Rows of random tokens whose last token is to be their first. */
export function copyTask(rows = 3, length = 12, continues?: readonly boolean[]): ReadyTask {
  return {
    about: { name: 'copy', rows, length },
    batch(step, seed) {
      const random = stream(seed, 'data', step);
      const tokens = Int32Array.from({ length: rows * length }, () =>
        random.below(tinyConfig.vocabularySize),
      );
      const { add, targets } = targetList();
      for (let row = 0; row < rows; row++) {
        const last = (row + 1) * length - 1;
        tokens[last] = tokens[row * length]!;
        add(last - 1, tokens[last]!, 1);
      }
      return { rows, length, tokens, targets: targets(), continues };
    },
  };
}

export function tinyRun(changes: Partial<TrainingConfig> = {}, task: Task = copyTask()): Run {
  return { config: tinyConfig, task, training: tinyTraining(changes) };
}

export const tinyWeights = (seed = 0, config = tinyConfig): Record<string, tf.Tensor> =>
  initialWeights(config, seed, { embedding: 0.5, prompt: 0.5, residual: 0.5, head: 1 });
