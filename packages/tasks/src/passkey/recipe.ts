/** How the small models of the PassKey test are made: their shape, their training, their beginning. */
import { ConfigError, require } from '@famjs/backends';
import type { TrainingConfig } from '@famjs/trainer';
import {
  type InitialSpread,
  initialWeights,
  llamaConfig,
  type ModelConfig,
  type Tokenizer,
} from '@famjs/zoo';
import type * as tf from '@tensorflow/tfjs-core';
import { passKeyText } from './text.ts';
import { type PassKeyStage, type PassKeyTask, passKeyTask } from './training-task.ts';

/** TransformerFAM, and block sliding window attention (BSWA) of 0, 1 and 2 memory segments. */
export const passKeyModels = ['fam', 'bswa0', 'bswa1', 'bswa2'] as const;
export type PassKeyModel = (typeof passKeyModels)[number];

/** What can be trained: the models, and TransformerFAM by the paper's own means with the same budget, to compare. */
export const passKeyRecipes = [...passKeyModels, 'paper'] as const;
export type PassKeyRecipeName = (typeof passKeyRecipes)[number];

export interface PassKeyRecipe {
  config: ModelConfig;
  training: TrainingConfig;
  task: PassKeyTask;
  /** The weights before the first step, in the caller's hands. */
  initialWeights(seed: number): Record<string, tf.Tensor>;
}

/** From the first value of a stage to its last. */
type Ramp = readonly [from: number, to: number];

interface Stage extends PassKeyStage {
  rate: Ramp;
  noise: Ramp;
  mix: Ramp;
  hold: Ramp;
}

/** Binding what was lost on the way, on short texts, then holding it again; each with fresh moments. docs/passkey.md tells why. */
const refining: readonly Stage[] = [
  { ...stage(100, [2, 2], 64), rate: [2e-3, 1e-3], noise: [0.2, 0.2], mix: [0, 0], hold: [0, 0] },
  {
    ...stage(700, [3, 24], 160),
    ...{ rate: [1.5e-3, 2e-5], noise: [0.2, 0.1], mix: [0.3, 0.1], hold: [0.3, 0.3] },
  },
];

/** Binding a key to FAM, holding it over more and more blocks, then refining. */
const learning: readonly Stage[] = [
  { ...stage(600, [2, 2], 64), rate: [3e-3, 3e-3], noise: [0.2, 0.2], mix: [0, 0], hold: [0, 0] },
  { ...stage(300, [2, 12], 128), rate: [3e-3, 2e-3], noise: [0.2, 0.2], mix: [0, 0.3], hold: [0, 0] },
  { ...stage(900, [3, 24], 160), rate: [2e-3, 5e-5], noise: [0.2, 0.2], mix: [0.3, 0.2], hold: [0, 0.3] },
];
const stages = [...learning, ...refining, ...refining, ...refining, ...refining];

const spread: InitialSpread = { embedding: 0.5, prompt: 0.5, residual: 0.5, head: 1 };

function stage(steps: number, blocks: PassKeyStage['blocks'], blocksPerBatch: number): PassKeyStage {
  return { steps, blocks, blocksPerBatch, rows: [8, 32] };
}

/**
 * How a model is made. `paper` has what the paper has, the variant `fam` and random state passing; what the others have
 * beside that is ours: the variant `fam-norm`, and disturbances of FAM from which it learns to come back.
 *
 * @throws ConfigError when there is no recipe of this name
 */
export function passKeyRecipe(name: string, tokenizer: Tokenizer): PassKeyRecipe {
  require((passKeyRecipes as readonly string[]).includes(name), ConfigError, () => ({
    wrong: `There is no PassKey recipe named "${name}".`,
    expected: `one of ${passKeyRecipes.join(', ')}.`,
    remedy: 'correct the name.',
  }));
  const segments = /^bswa(\d)$/.exec(name)?.[1];
  const byThePaper = name === 'paper';
  const config = llamaConfig({
    ...{ layers: 2, width: 64, heads: 4, intermediateWidth: 168, theta: 100 },
    vocabularySize: tokenizer.size,
    fam: {
      blockSize: 64,
      memorySegments: Number(segments ?? 0),
      famLength: segments ? 0 : 8,
      variant: byThePaper ? 'fam' : 'fam-norm',
    },
  });
  const ends = stages.map((_, i) => stages.slice(0, i + 1).reduce((sum, { steps }) => sum + steps, 0));
  const ramps = (name: 'rate' | 'noise' | 'mix' | 'hold') => ({
    pieces: stages.map(({ steps, [name]: [from, to] }) => ({ steps, from, to })),
  });
  const training: TrainingConfig = {
    steps: ends.at(-1)!,
    rate: { warmup: 50, ...ramps('rate') },
    restarts: ends.slice(learning.length - 1, -1),
    disturbance: byThePaper ? {} : { noise: ramps('noise'), mix: ramps('mix'), hold: ramps('hold') },
    segmentBlocks: 24,
    randomStatePassing: byThePaper ? 0.8 : 0,
  };
  return {
    config,
    training,
    task: passKeyTask(passKeyText(tokenizer), config.fam.blockSize, stages),
    initialWeights: (seed) => initialWeights(config, seed, spread),
  };
}
