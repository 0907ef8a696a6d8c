/** Contests of a whole training step of the PassKey model: batch, loss, gradients, AdamW. */
import { passKeyRecipe, passKeyTokenizerJson } from '@famjs/tasks';
import { disposeTraining, freshTraining, type TrainingState, train } from '@famjs/trainer';
import { loadTokenizer } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import type { Contest, Planned } from './contest.ts';
import { withAndWithoutKernels } from './without-kernels.ts';

/** The step of the recipe by which each stage begins. */
const stages = { 'binding, 2 blocks': 0, 'holding, 3 to 24 blocks': 700 };

export const trainContests: Planned[] = Object.entries(stages).map(([stage, step]) => ({
  subject: `PassKey, ${stage}`,
  pass: 'training step',
  prepare: () => stepsFrom(step),
}));

/** The loss of one step is the result; each run takes the same step on from weights of its own. */
function stepsFrom(step: number): Contest {
  const recipe = passKeyRecipe('fam', loadTokenizer(passKeyTokenizerJson()));
  const { config, task, training } = recipe;
  const fresh = (): TrainingState => {
    return freshTraining(recipe.initialWeights(0));
  };
  const takeStep = (state: TrainingState) => async () => {
    Object.assign(state, { step });
    for await (const event of train({ config, task, training: { ...training, steps: step + 1 } }, state)) {
      if (event.type === 'step') return [tf.scalar(event.loss)];
    }
    return [];
  };
  const [kernels, composition] = [fresh(), fresh()];
  return {
    ...withAndWithoutKernels(takeStep(kernels), takeStep(composition)),
    tolerance: { relative: 1e-4, absolute: 1e-6 },
    dispose() {
      disposeTraining(kernels);
      disposeTraining(composition);
    },
  };
}
