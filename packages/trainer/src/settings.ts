/** What a run of training does, with a value for whatever is not given. */
import { ConfigError, require } from '@famjs/backends';
import { type StoppedGradient, stoppedGradients } from '@famjs/layer';
import { adamW } from './adamw.ts';
import { crossEntropy } from './cross-entropy.ts';
import type { Disturbance } from './disturbance.ts';
import type { Objective } from './objective.ts';
import type { Optimizer } from './optimizer.ts';
import type { Ramp } from './ramp.ts';

export interface TrainingConfig {
  steps: number;
  /** Learning rate, its warm-up anew with each restart; 1e-3 after 50 steps of warm-up unless given. */
  rate?: Ramp;
  /** `adamW()` unless given. */
  optimizer?: Optimizer;
  /** `crossEntropy` unless given. */
  objective?: Objective;
  /** How FAM is disturbed between blocks; not at all unless given. */
  disturbance?: Disturbance;
  /**
   * Where no gradient passes, whatever the variant: at keys and values of earlier blocks (`memory`, as Transformer-XL is trained),
   * or where FAM is fed back (`fam`); `none` unless given.
   */
  stopGradient?: StoppedGradient;
  /** Steps at which the optimizer begins anew, without what it kept, for a rate that rises again; none unless given. */
  restarts?: readonly number[];
  /** Probability that a step starts from the FAM of the first row of the step before (random state passing); 0 unless given. */
  randomStatePassing?: number;
  /**
   * Whether texts begin at random absolute positions, as in the paper: uniform up to the longest wavelength, or 0 with
   * probability ½. It matters to models whose FAM stands at position zero; others are the same wherever they begin.
   */
  randomPositionOffset?: boolean;
  /** Whole blocks per segment of the recomputed backward, 16 unless given: more are faster, take more memory, and change nothing. */
  segmentBlocks?: number;
  /**
   * Whether within a segment too the layers but the last keep only what they received, and their activations are computed again: less
   * memory, more time, the same result. Only of variants whose attention carries their memory, and without auxiliary losses. False
   * unless given.
   */
  recomputeLayers?: boolean;
  /**
   * Rows of a batch whose gradients are computed at once, all unless given: fewer take less memory and more time, and change nothing.
   * With `mix`, where rows meet, all are needed.
   */
  rowsAtOnce?: number;
}

export type TrainingSettings = Required<TrainingConfig>;

/** @throws ConfigError when a number is out of range */
export function settingsOf(config: TrainingConfig): TrainingSettings {
  const settings: TrainingSettings = {
    rate: { warmup: 50, pieces: [{ steps: 1, from: 1e-3, to: 1e-3 }] },
    optimizer: adamW(),
    objective: crossEntropy,
    disturbance: {},
    stopGradient: 'none',
    restarts: [],
    randomStatePassing: 0,
    randomPositionOffset: false,
    segmentBlocks: 16,
    recomputeLayers: false,
    rowsAtOnce: Number.MAX_SAFE_INTEGER,
    ...config,
  };
  const { steps, segmentBlocks, rowsAtOnce, randomStatePassing, stopGradient } = settings;
  for (const [name, value, least] of [
    ['steps', steps, 0],
    ['segmentBlocks', segmentBlocks, 1],
    ['rowsAtOnce', rowsAtOnce, 1],
  ] as const) {
    require(Number.isSafeInteger(value) && value >= least, ConfigError, () => ({
      wrong: `${name} is ${value}.`,
      expected: `a whole number of at least ${least}.`,
      remedy: 'correct the training configuration.',
    }));
  }
  require(randomStatePassing >= 0 && randomStatePassing <= 1, ConfigError, () => ({
    wrong: `randomStatePassing is ${randomStatePassing}.`,
    expected: 'a probability, from 0 to 1.',
    remedy: 'correct the training configuration.',
  }));
  require(stoppedGradients.includes(stopGradient), ConfigError, () => ({
    wrong: `stopGradient is "${stopGradient}".`,
    expected: `one of ${stoppedGradients.join(', ')}.`,
    remedy: 'correct the training configuration.',
  }));
  return settings;
}
