/** Everything a training run needs to go on as if it had never stopped. */
import { ConfigError, require } from '@famjs/backends';
import { disposeState, type FamState, type WeightMap } from '@famjs/layer';
import * as tf from '@tensorflow/tfjs-core';

export interface TrainingState {
  /** Steps done. */
  step: number;
  /** Updates since the optimizer began: steps without a gradient make none. */
  updates: number;
  /** Fixes everything random in the run. */
  seed: number;
  /** Weights that are not trained are the caller's all along: they are neither moved nor freed nor written. */
  weights: WeightMap;
  /** Names of the weights that are trained, in order, for sums of floats depend on it. */
  trainable: readonly string[];
  /** What the optimizer keeps; undefined before its first update. */
  slots: WeightMap | undefined;
  /** What the next step starts from, if from more than the prompt: lanes of all rows, or what one row passes on. */
  handed: FamState | undefined;
}

/**
 * The state before the first step; takes over the weights that are trained, all of them unless `trainable` chooses.
 *
 * @throws ConfigError when none is trained
 */
export function freshTraining(
  weights: WeightMap,
  seed = 0,
  trainable: (name: string) => boolean = () => true,
): TrainingState {
  const names = Object.keys(weights).filter(trainable).sort();
  require(names.length > 0, ConfigError, () => ({
    wrong: `None of ${Object.keys(weights).length} weights is to be trained.`,
    expected: 'at least one.',
    remedy: 'choose others by their names.',
  }));
  return { step: 0, updates: 0, seed, weights, trainable: names, slots: undefined, handed: undefined };
}

/** The weights that are trained. */
export function trainedWeights({ weights, trainable }: TrainingState): WeightMap {
  return Object.fromEntries(trainable.map((name) => [name, weights[name]!]));
}

/** Frees what the run has made or taken over. */
export function disposeTraining(state: TrainingState): void {
  tf.dispose([trainedWeights(state), state.slots ?? {}]);
  if (state.handed) disposeState(state.handed);
}
