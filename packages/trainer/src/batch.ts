/** What a step of training reads: rows of tokens, and where in them something is to be predicted. */
import { famChoices, famConfig } from '@famjs/layer';
import type { ModelConfig } from '@famjs/zoo';

/** Tokens to predict, in any order; all arrays have one length, which may be 0. */
export interface Targets {
  /** row · S + position of the token whose logits predict. */
  places: Int32Array;
  labels: Int32Array;
  /** Weight in the loss, at least 0; those of a batch are divided by their sum. */
  weights: Float32Array;
}

/** Rows of tokens that are read side by side. */
export interface Batch {
  /** B: rows. */
  rows: number;
  /** S: tokens per row. */
  length: number;
  /** C: tokens of a block in this step; the model's unless given. */
  blockSize?: number | undefined;
  /** [B · S], row after row. */
  tokens: Int32Array;
  targets: Targets;
  /** For stateful lanes, whether a row goes on from where the step before left it; absent: every row starts afresh. */
  continues?: readonly boolean[] | undefined;
  /** Scores of what was predicted, the most likely token at each target; by name, each a share of 1. `accuracyOf` unless given. */
  score?: ((predicted: Int32Array) => Record<string, number>) | undefined;
}

/** The model as it reads a batch: in its blocks. */
export const blockedBy = (config: ModelConfig, { blockSize }: Batch): ModelConfig =>
  blockSize === undefined ? config : { ...config, fam: famConfig({ ...famChoices(config.fam), blockSize }) };

/** A source of batches. */
export interface Task {
  /** What it reads and how, in plain JSON, by which a checkpoint knows it; of long data a digest. */
  readonly about: Readonly<Record<string, unknown>>;
  /**
   * The batch of step `step` of the run of a seed, which name everything random in it (`stream`): the same whenever it is
   * asked for, so that a run goes on from any step.
   */
  batch(step: number, seed: number): Batch | Promise<Batch>;
}

/** Collects targets one by one. */
export function targetList() {
  const list: { place: number; label: number; weight: number }[] = [];
  return {
    /** Returns the target's index. */
    add: (place: number, label: number, weight: number) => list.push({ place, label, weight }) - 1,
    targets: (): Targets => ({
      places: Int32Array.from(list, ({ place }) => place),
      labels: Int32Array.from(list, ({ label }) => label),
      weights: Float32Array.from(list, ({ weight }) => weight),
    }),
  };
}

/** The share of the targets that were predicted right, each by its weight; none where they weigh nothing. */
export const accuracyOf =
  ({ labels, weights }: Targets): NonNullable<Batch['score']> =>
  (predicted) => {
    const whole = weights.reduce((sum, weight) => sum + weight, 0);
    const right = weights.reduce((sum, weight, i) => sum + (predicted[i] === labels[i] ? weight : 0), 0);
    return whole > 0 ? { accuracy: right / whole } : {};
  };
