/** How the small models of the PassKey test are made: their shape, their training, their beginning. */
import { ConfigError, require } from '@famjs/backends';
import { constant, seededRandom, type Task, type TrainingConfig } from '@famjs/trainer';
import { initialWeights, type ModelConfig, type Tokenizer } from '@famjs/zoo';
import type * as tf from '@tensorflow/tfjs-core';
import { passKeyText } from './text.ts';
import { type PassKeyStage, passKeyTask } from './training-task.ts';

/** TransformerFAM, and block sliding window attention (BSWA) of 0, 1 and 2 memory segments. */
export const passKeyModels = ['fam', 'bswa0', 'bswa1', 'bswa2'] as const;
export type PassKeyModel = (typeof passKeyModels)[number];

export interface PassKeyRecipe {
  config: ModelConfig;
  training: TrainingConfig;
  task: Task;
  /** The weights before the first step, in the caller's hands. */
  initialWeights(seed: number): Record<string, tf.Tensor>;
}

/** Binding a key to FAM, then holding it over more and more blocks, then refining; docs/passkey.md tells what was tried. */
const stages: readonly PassKeyStage[] = [
  { steps: 350, blocks: [2, 2], blocksPerBatch: 64, rows: [8, 32] },
  { steps: 300, blocks: [2, 12], blocksPerBatch: 128, rows: [8, 32] },
  { steps: 900, blocks: [3, 24], blocksPerBatch: 160, rows: [8, 32] },
  { steps: 50, blocks: [3, 24], blocksPerBatch: 160, rows: [8, 32] },
  { steps: 650, blocks: [3, 24], blocksPerBatch: 160, rows: [8, 32] },
];

/**
 * @throws ConfigError when there is no model of this name
 */
export function passKeyRecipe(name: string, tokenizer: Tokenizer): PassKeyRecipe {
  require((passKeyModels as readonly string[]).includes(name), ConfigError, () => ({
    wrong: `There is no PassKey model named "${name}".`,
    expected: `one of ${passKeyModels.join(', ')}.`,
    remedy: 'correct the name.',
  }));
  const famLength = name === 'fam' ? 8 : 0;
  const config: ModelConfig = {
    layer: {
      blockSize: 64,
      memorySegments: name === 'fam' ? 0 : Number(name.slice('bswa'.length)),
      famLength,
      variant: 'fam-norm',
      position: 'last',
      width: 64,
      heads: 4,
      keyValueHeads: 4,
      headWidth: 16,
      normEpsilon: 1e-6,
      theta: 100,
    },
    layers: 2,
    vocabularySize: tokenizer.size,
    intermediateWidth: 168,
    tiedEmbeddings: false,
  };
  const lengths = stages.map(({ steps }) => steps);
  const ramps = (...values: [from: number, to: number][]) => ({
    pieces: values.map(([from, to], i) => ({ steps: lengths[i]!, from, to })),
  });
  const total = (count: number) => lengths.slice(0, count).reduce((sum, steps) => sum + steps, 0);
  const training: TrainingConfig = {
    steps: total(stages.length),
    rate: { warmup: 50, ...ramps([3e-3, 3e-3], [3e-3, 2e-3], [2e-3, 5e-5], [0, 1.5e-3], [1.5e-3, 5e-5]) },
    restarts: [total(3)],
    noise: constant(0.2),
    mix: ramps([0, 0], [0, 0.3], [0.3, 0.2], [0.3, 0.3], [0.3, 0.2]),
    hold: 0,
    segmentBlocks: 24,
    optimizer: { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.01, clipNorm: 1 },
    randomStatePassing: 0,
    randomPositionOffset: 0,
  };
  return {
    config,
    training,
    task: passKeyTask(passKeyText(tokenizer), config.layer.blockSize, stages),
    initialWeights: (seed) =>
      initialWeights(config, { embedding: 0.5, prompt: 0.5, residual: 0.5 }, seededRandom(seed).normals),
  };
}
