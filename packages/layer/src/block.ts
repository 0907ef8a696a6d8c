/** The seam between this package and the families of models: one layer, as a block of a decoder. */
import { type RotaryTable, rotary, shaped } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';

/** What attention must know of a layer. */
export interface AttentionFacts {
  /** H: query heads. */
  heads: number;
  /** Hkv: key and value heads, a divisor of H. */
  keyValueHeads: number;
  /** D: width of queries and keys. */
  headWidth: number;
  /** Width of values. */
  valueWidth: number;
  /** The factor of every score. */
  scale: number;
  /** D/2 rotary frequencies, in radians a token, of the pairs (j, j + D/2); 0 where a pair does not turn. */
  frequencies: readonly number[];
  /** A token sees itself and window − 1 tokens before it; undefined where nothing but memory segments bounds it. */
  window?: number | undefined;
}

/** Queries, keys and values, each computed when it is asked for. */
export interface Projected {
  /** [B, n, H, D] */
  q(): tf.Tensor;
  /** [B, n, Hkv, D] */
  k(): tf.Tensor;
  /** [B, n, Hkv, Dv] */
  v(): tf.Tensor;
}

export interface Finish {
  /** Whether the input is added: true unless given, or [B, 1, 1] of 1 where it is and 0 where it is not. */
  residual?: boolean | tf.Tensor;
  /** Whether the feed-forward layer follows; true unless given. */
  feedForward?: boolean;
}

/** One layer of a model: what a family makes of its weights. Pure functions, differentiable in them. */
export interface Block {
  attention: AttentionFacts;
  /**
   * The projections of normed activations; queries and keys are rotated by `rotate`.
   *
   * @param x [B, n, d]
   * @param rotation angles of N positions, which repeat as often as N goes into B · n
   */
  project(x: tf.Tensor, rotation: RotaryTable): Projected;
  /**
   * What follows attention: output projection, residuals, feed-forward layer. A parallel block feeds the latter from its
   * input, whether or not that is added.
   *
   * @param input [B, n, d]
   * @param attention [B, n, H, Dv]
   * @returns [B, n, d]
   */
  finish(input: tf.Tensor, attention: tf.Tensor, how?: Finish): tf.Tensor;
}

/**
 * Heads turned by the angles of their positions.
 *
 * @param x [B, n, heads, D]
 * @param rotation angles of N positions, which repeat as often as N goes into B · n
 */
export function rotate(x: tf.Tensor, rotation: RotaryTable, inverse = false): tf.Tensor {
  const [B, n, ...heads] = x.shape as [number, number, number, number];
  const positions = rotation.cos.shape[0];
  return shaped(rotary(shaped(x, [(B * n) / positions, positions, ...heads]), rotation, inverse), x.shape);
}

/** The input as far as it is added: nothing where the residual is left out. */
export function residualOf(input: tf.Tensor, residual: Finish['residual'] = true): tf.Tensor | undefined {
  if (residual === false) return undefined;
  return residual === true ? input : tf.mul(input, residual);
}
