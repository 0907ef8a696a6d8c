/** A stack of TransformerFAM layers that reads text of any length, in any pieces, from a state of constant size. */
import * as tf from '@tensorflow/tfjs-core';
import type { LayerConfig } from './config.ts';
import { type LayerResult, promptLayer, type Recurrence, scanLayer, stepLayer } from './layer.ts';
import { positionsOf } from './positions.ts';
import { emptyState, type FamState, type Progress } from './state.ts';
import type { LayerWeights } from './weights.ts';

/** How text is cut into calls: a token at a time, a block at a time, or as many whole blocks at once as it has. */
export const schedules = ['step', 'block', 'scan'] as const;
export type Schedule = (typeof schedules)[number];

export interface StackResult {
  x: () => tf.Tensor;
  state: FamState;
}

export interface ReadOptions {
  /** Default `scan`. */
  schedule?: Schedule;
  /** Absolute position of the first token of the text; undefined for block-relative positions. */
  origin?: number | undefined;
  recurrence?: Recurrence;
}

/**
 * F_{−1} of every layer (spec.md, "Initial FAM"): the prompt run through the layers, alone and with full attention.
 *
 * @param prompt [F, d]
 * @returns one [1, F, d] a layer
 */
export function initialFams(
  layers: readonly LayerWeights[],
  prompt: tf.Tensor,
  config: LayerConfig,
  origin?: number,
): tf.Tensor[] {
  const positions = positionsOf(config, { blocks: 0, filled: 0, tokens: 0 }, origin);
  const fams = [tf.expandDims(prompt, 0)];
  for (const weights of layers.slice(0, -1)) fams.push(promptLayer(weights, fams.at(-1)!, positions, config));
  return fams;
}

/** The state before the first token, for `rows` texts side by side. `prompt` is undefined when F = 0. */
export function initialState(
  layers: readonly LayerWeights[],
  prompt: tf.Tensor | undefined,
  rows: number,
  config: LayerConfig,
  origin?: number,
): FamState {
  const fams = prompt ? initialFams(layers, prompt, config, origin) : [];
  return emptyState(config, layers.length, rows, fams);
}

/**
 * Reads activations from a state; nothing is changed. The activations above the last layer, [B, S, d], are computed when
 * they are asked for: text that is only to be remembered costs the last layer no more than its state.
 *
 * @param x [B, S, d], any S ≥ 1
 */
export function readStack(
  layers: readonly LayerWeights[],
  x: tf.Tensor,
  state: FamState,
  config: LayerConfig,
  options: ReadOptions = {},
): StackResult {
  const lengths = cut(x.shape[1]!, state.filled, config.blockSize, options.schedule ?? 'scan');
  const outputs: (() => tf.Tensor)[] = [];
  let current = state;
  for (const piece of lengths.length > 1 ? tf.split(x, lengths, 1) : [x]) {
    const read = readPiece(layers, piece, current, current.blocks - state.blocks, config, options);
    outputs.push(read.x);
    current = read.state;
  }
  const above = () =>
    outputs.length > 1
      ? tf.concat(
          outputs.map((output) => output()),
          1,
        )
      : outputs[0]!();
  return { x: above, state: current };
}

/** Lengths of the pieces of S tokens: what completes the open block, whole blocks, what is left. */
function cut(S: number, filled: number, C: number, schedule: Schedule): number[] {
  if (schedule === 'step') return Array(S).fill(1);
  const head = filled > 0 ? Math.min(S, C - filled) : 0;
  const whole = Math.floor((S - head) / C);
  const middle = schedule === 'scan' ? [whole * C] : Array(whole).fill(C);
  return [head, ...middle, S - head - whole * C].filter((length) => length > 0);
}

/** `block` counts from the first of the call. */
function readPiece(
  layers: readonly LayerWeights[],
  x: tf.Tensor,
  state: FamState,
  block: number,
  config: LayerConfig,
  { origin, recurrence }: ReadOptions,
): StackResult {
  const { filled, blocks } = state;
  const tokens = x.shape[1]!;
  const positions = positionsOf(config, { blocks, filled, tokens }, origin);
  const scans = filled === 0 && tokens % config.blockSize === 0;
  const results: LayerResult[] = [];
  layers.forEach((weights, l) => {
    const below = results[l - 1]?.x() ?? x;
    const readLayer = scans ? scanLayer : stepLayer;
    const at = { layer: l, block };
    results.push(readLayer(weights, below, state.layers[l]!, state, positions, config, recurrence, at));
  });
  const progress = advance(state, tokens, config);
  return { x: results.at(-1)!.x, state: { ...progress, layers: results.map((result) => result.state) } };
}

function advance(
  { filled, blocks, carried, visible }: Progress,
  tokens: number,
  config: LayerConfig,
): Progress {
  const closed = Math.floor((filled + tokens) / config.blockSize);
  const whole = (value: number) => tf.scalar(value, 'int32');
  return {
    filled: (filled + tokens) % config.blockSize,
    blocks: blocks + closed,
    carried: closed > 0 ? tf.onesLike(carried) : tf.clone(carried),
    visible: tf.minimum(tf.add(visible, whole(closed)), whole(config.memorySegments)),
  };
}
