/** What a stack of TransformerFAM layers is, and how it may be read. */
import type * as tf from '@tensorflow/tfjs-core';
import type { Block } from './block.ts';
import type { FamConfig } from './config.ts';
import type { Recurrence } from './layer.ts';
import type { RecomputedCall } from './recomputed-call.ts';
import type { FamState } from './state.ts';

/** A model's layers with what TransformerFAM adds to them. */
export interface Stack {
  config: FamConfig;
  /** One a layer, from the lowest. */
  blocks: readonly Block[];
  /** `fam.prompt`, [F, d]: FAM before it ran through the layers, the first memory of `rmt`, the summary tokens. */
  prompt?: tf.Tensor | undefined;
  /** `fam.prefix.<l>`, [F, d] a layer, of variants that begin with them. */
  prefixes?: readonly tf.Tensor[] | undefined;
  /**
   * `fam.state.<l>`, a learned memory with which texts begin in place of F_{−1}: the FAMs that a block sees, [v · F, d] a layer, oldest
   * first; of `rmt` and `autocompressor` one of [F, d], what passes between their blocks.
   */
  learned?: readonly tf.Tensor[] | undefined;
  /** Added to the mean square where FAM is normed. */
  normEpsilon: number;
  /** What follows the last layer, before the head. */
  finalNorm: (x: tf.Tensor) => tf.Tensor;
}

/** How text is cut into calls: a token at a time, a block at a time, or as many whole blocks at once as it has. */
export const schedules = ['step', 'block', 'scan'] as const;
export type Schedule = (typeof schedules)[number];

/** Where no gradient passes: at keys and values of earlier blocks, or at FAM where it is fed back. */
export const stoppedGradients = ['none', 'memory', 'fam'] as const;
export type StoppedGradient = (typeof stoppedGradients)[number];

export interface ReadOptions {
  /** Default `scan`. */
  schedule?: Schedule | undefined;
  recurrence?: Recurrence | undefined;
  /** Default `none`. */
  stopGradient?: StoppedGradient | undefined;
  /**
   * `recomputedCall`, where a gradient is to keep of each layer but the last only what it received, and to compute its activations again:
   * less memory, more time. `disturb` must then give the same twice. Not unless given, nor of variants whose memory attention does not
   * carry, nor beside `attend`.
   */
  recomputeLayers?: RecomputedCall | undefined;
}

export interface StackResult {
  x: () => tf.Tensor;
  state: FamState;
}
