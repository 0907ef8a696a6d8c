/** The training of a small PassKey model, cut down to minutes, by what a visitor chose. */
import { type PassKeyStage, passKeyTask, passKeyText, passKeyTokenizerJson } from '@famjs/tasks';
import type { Run } from '@famjs/trainer';
import { initialWeights, llamaConfig, loadTokenizer, type Tokenizer } from '@famjs/zoo';
import type * as tf from '@tensorflow/tfjs-core';
import type { TrainChoices } from './events.ts';
import { stagesOf } from './stages.ts';

export interface Recipe extends Run {
  tokenizer: Tokenizer;
  initialWeights(): Record<string, tf.Tensor>;
}

/** @throws ConfigError when the choices do not fit together */
export function recipeOf(choices: TrainChoices): Recipe {
  const { famLength, blockSize, memorySegments, variant, seed } = choices;
  const tokenizer = loadTokenizer(passKeyTokenizerJson());
  const config = llamaConfig({
    ...{ layers: 2, width: 64, heads: 4, intermediateWidth: 168, theta: 100, vocabularySize: tokenizer.size },
    fam: { blockSize, memorySegments, famLength, variant },
  });
  const stages = stagesOf(choices);
  const pieces = (name: 'rate' | 'noise' | 'mix' | 'hold') => ({
    pieces: stages.map(({ steps, [name]: [from, to] }) => ({ steps, from, to })),
  });
  const disturbed = famLength > 0;
  return {
    config,
    tokenizer,
    task: passKeyTask(passKeyText(tokenizer), blockSize, stages satisfies readonly PassKeyStage[]),
    training: {
      steps: stages.reduce((sum, { steps }) => sum + steps, 0),
      rate: { warmup: 50, ...pieces('rate') },
      segmentBlocks: 24,
      ...(disturbed && {
        disturbance: { noise: pieces('noise'), mix: pieces('mix'), hold: pieces('hold') },
      }),
    },
    initialWeights: () =>
      initialWeights(config, seed, { embedding: 0.5, prompt: 0.5, residual: 0.5, head: 1 }),
  };
}
