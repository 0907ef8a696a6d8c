/** Everything a training run needs to go on as if it had never stopped. */
import { disposeState, type FamState, type WeightMap } from '@famjs/layer';
import * as tf from '@tensorflow/tfjs-core';
import { type Moments, zeroMoments } from './adamw.ts';

export interface TrainingState {
  /** Steps done. */
  step: number;
  weights: WeightMap;
  moments: Moments;
  /** Fixes everything random in the run. */
  seed: number;
  /** What the task saved: its position in the data. */
  task: unknown;
  /** The FAM and memory segments carried to the next step, if any are. */
  handed: FamState | undefined;
}

/** The state before the first step; takes the weights over. */
export function freshTraining(weights: WeightMap, trainable: readonly string[], seed: number): TrainingState {
  return {
    step: 0,
    weights,
    moments: zeroMoments(weights, trainable),
    seed,
    task: undefined,
    handed: undefined,
  };
}

export function disposeTraining({ weights, moments, handed }: TrainingState): void {
  tf.dispose([weights, moments.mean, moments.square]);
  if (handed) disposeState(handed);
}
