/** What training makes smaller: a value that turns the batch of a step into a pass over segments of blocks. */
import type { FamState, RecomputedPass, Recurrence, StoppedGradient } from '@famjs/layer';
import type { ModelConfig } from '@famjs/zoo';
import type * as tf from '@tensorflow/tfjs-core';
import type { Batch } from './batch.ts';

/** A step of training, as an objective sees it. */
export interface Step {
  config: ModelConfig;
  /** All rows of the step's batch, or some of them. */
  batch: Batch;
  /** Rows of the whole batch, and the sum of its targets' weights: means are taken over these. */
  whole: { rows: number; weight: number };
  /** Whole blocks per segment of the recomputed backward: they change memory and time, never the result. */
  segmentBlocks: number;
  /** The state from which the rows go on; differentiable in what the weights make of it. */
  start(weights: Readonly<Record<string, tf.Tensor>>): FamState;
  /**
   * How FAM is disturbed in a call whose first block is `block` of the text. `penalise` gets a share of the loss for each
   * block and layer.
   */
  recurrence(block: number, penalise: (loss: tf.Tensor) => void): Recurrence;
  /** Where no gradient passes between blocks. */
  stopGradient: StoppedGradient;
  /** Whether layers are recomputed within a segment; changes memory and time, never the result. */
  recomputeLayers: boolean;
}

/** A pass, and what it predicted. */
export interface StepPass {
  pass: RecomputedPass;
  /** The most likely token at each target, -1 where it weighs nothing. */
  predicted(): Promise<Int32Array>;
  /** Frees the predictions. */
  dispose(): void;
}

export interface Objective {
  /** Its name and settings in plain JSON, by which a checkpoint knows it. */
  readonly about: Readonly<Record<string, unknown>>;
  of(step: Step): StepPass;
}
