/** The paper's auxiliary losses beside any objective: what did not help there (appendix C.4, C.5), for those who want to see it. */
import { ConfigError, require } from '@famjs/backends';
import { diversityLoss, type Recurrence, reconstructionLoss } from '@famjs/layer';
import * as tf from '@tensorflow/tfjs-core';
import type { Objective, Step } from './objective.ts';

/** Weights of the losses, of which each is a mean over rows, whole blocks and layers; 0 unless given. */
export interface Auxiliary {
  /** Σ p̄ log p̄, the negative entropy of mean attention (C.4, Eq. 2). */
  diversity?: number;
  /** Mean squared error of layers that see nothing but the FAM made of their block (C.5). */
  reconstruction?: number;
}

/**
 * The objective with auxiliary losses added.
 *
 * @throws ConfigError at the first step of a model whose blocks pass no FAM on
 */
export function withAuxiliary(objective: Objective, weights: Auxiliary): Objective {
  const { diversity = 0, reconstruction = 0 } = weights;
  return {
    about: { ...objective.about, auxiliary: { diversity, reconstruction } },
    of(step) {
      const { famLength, variant, blockSize } = step.config.fam;
      require(famLength > 0 && variant.carrier === 'attention', ConfigError, () => ({
        wrong: `Auxiliary losses were asked of ${variant.preset} with ${famLength} FAM activations.`,
        expected: 'a variant whose blocks pass FAM on.',
        remedy: 'leave the losses out, or train a variant of FAM.',
      }));
      const count = step.whole.rows * Math.floor(step.batch.length / blockSize) * step.config.layers;
      const recurrence: Step['recurrence'] = (block, penalise) => {
        const attend: Recurrence['attend'] = (attended) => {
          if (diversity > 0) penalise(tf.mul(diversityLoss(attended), diversity / count));
          if (reconstruction > 0) penalise(tf.mul(reconstructionLoss(attended), reconstruction / count));
        };
        return { ...step.recurrence(block, penalise), attend };
      };
      return objective.of({ ...step, recurrence });
    },
  };
}
