/** AdamW (Loshchilov and Hutter, 2019), with gradients clipped together by their global norm. */
import { adamStep } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Optimizer, Shapes } from './optimizer.ts';

export interface AdamWSettings {
  /** Decay of the mean gradient. */
  beta1: number;
  /** Decay of the mean squared gradient. */
  beta2: number;
  /** Added to the root of the mean square. Always explicit: the engine's own differs by backend. */
  epsilon: number;
  /** Share of a weight that decays per step and unit of rate. */
  weightDecay: number;
  /** Whether vectors (norm gains, biases) decay as matrices do. */
  decayVectors: boolean;
  /** Largest global norm of the gradients; larger ones are scaled down to it. */
  clipNorm: number;
}

const defaults: AdamWSettings = {
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  weightDecay: 0.01,
  decayVectors: false,
  clipNorm: 1,
};

/** AdamW with the settings given, and with β 0.9 and 0.99, ε 1e-8, decay 0.01 of matrices and norm 1 where none are. */
export function adamW(settings: Partial<AdamWSettings> = {}): Optimizer {
  const chosen = { ...defaults, ...settings };
  const { beta1, beta2, epsilon, weightDecay, decayVectors, clipNorm } = chosen;
  return {
    about: { name: 'adamw', ...chosen },
    init: (weights: Shapes) =>
      Object.fromEntries(
        Object.entries(weights).flatMap(([name, shape]) => [
          [`mean/${name}`, shape],
          [`square/${name}`, shape],
        ]),
      ),
    update({ weights, gradients, slots, norm, step, rate }) {
      const shrink = tf.minimum(tf.div(clipNorm, tf.add(norm, 1e-12)), 1) as tf.Scalar;
      const root = Math.sqrt(1 - beta2 ** (step + 1));
      const corrected = { epsilon: epsilon * root, rate: (rate * root) / (1 - beta1 ** (step + 1)) };
      const after = { weights: {} as Record<string, tf.Tensor>, slots: {} as Record<string, tf.Tensor> };
      for (const [name, weight] of Object.entries(weights)) {
        const before = { weight, mean: slots[`mean/${name}`]!, square: slots[`square/${name}`]! };
        const decays = decayVectors || weight.rank > 1;
        const decay = decays ? 1 - rate * weightDecay : 1;
        const updated = adamStep(before, gradients[name], shrink, { beta1, beta2, ...corrected, decay });
        after.weights[name] = updated.weight;
        after.slots[`mean/${name}`] = updated.mean;
        after.slots[`square/${name}`] = updated.square;
      }
      shrink.dispose();
      return after;
    },
  };
}
