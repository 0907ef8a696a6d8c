/** One TransformerFAM layer on one block or on many (spec.md, "One layer, one block"; Algorithm 2 of the paper). */
import { blockAttention, type KeysValues, type MemorySegments } from '@famjs/kernels';
import { linear, type RotaryTable, rmsNorm, rotary, swiGLU } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { LayerConfig } from './config.ts';
import type { Positions } from './positions.ts';
import type { LayerState, Progress } from './state.ts';
import type { LayerWeights } from './weights.ts';

/** Queries [..., N, H, D], keys and values [..., N, Hkv, D]. */
interface Projected extends KeysValues {
  q: tf.Tensor;
}

/** What a layer's call returns: its state after the tokens, and its activations, computed when they are asked for. */
export interface LayerResult {
  x: () => tf.Tensor;
  state: LayerState;
}

/** Hooks into the recurrence of FAM, for training and the ablations. */
export interface Recurrence {
  /** Replaces F_τ, [B, F, d], before block τ + 1 sees it: noise, a stopped gradient. */
  between?: (fam: tf.Tensor) => tf.Tensor;
  /** Sees F_{τ−1} as block τ used it and F_τ as it left the update. */
  observe?: (before: tf.Tensor, after: tf.Tensor) => void;
}

/** Q, K and V of normed activations [B, n, d] in blocks of `rows` tokens, rotated: [B, n / rows, rows, heads, D]. */
function project(
  weights: LayerWeights,
  x: tf.Tensor,
  rows: number,
  table: RotaryTable,
  { heads, keyValueHeads, headWidth, normEpsilon }: LayerConfig,
): Projected {
  const [B, n] = x.shape as [number, number];
  const N = table.cos.shape[0];
  const joined = linear(rmsNorm(x, weights.inputNorm, normEpsilon), weights.qkv);
  const byHead = tf.reshape(joined, [B, n / N, N, heads + 2 * keyValueHeads, headWidth]);
  const [qk, v] = tf.split(byHead, [heads + keyValueHeads, keyValueHeads], 3) as [tf.Tensor, tf.Tensor];
  const [q, k] = tf.split(rotary(qk, table), [heads, keyValueHeads], 3) as [tf.Tensor, tf.Tensor];
  const inBlocks = (t: tf.Tensor) => tf.reshape(t, [B, n / rows, rows, ...t.shape.slice(3)]);
  return { q: inBlocks(q), k: inBlocks(k), v: inBlocks(v) };
}

/** X' = residual + attention · Wo ; X' + FF(norm(X')). */
function finish(
  weights: LayerWeights,
  residual: tf.Tensor,
  attention: tf.Tensor,
  { heads, headWidth, normEpsilon }: LayerConfig,
): tf.Tensor {
  const [B, T, N] = attention.shape as [number, number, number];
  const projected = linear(tf.reshape(attention, [B, T * N, heads * headWidth]), weights.output);
  const x = tf.add(residual, projected);
  const gateUp = linear(rmsNorm(x, weights.postAttentionNorm, normEpsilon), weights.gateUp);
  return tf.add(x, linear(swiGLU(gateUp), weights.down));
}

/**
 * F_τ of a full block from F_{τ−1}, as block τ + 1 will see it: FAM queries see FAM and the whole block, never the memory
 * segments.
 */
function updateFam(
  weights: LayerWeights,
  before: tf.Tensor,
  residual: tf.Tensor,
  projected: Projected,
  block: KeysValues,
  config: LayerConfig,
  { between, observe }: Recurrence,
): tf.Tensor {
  const attention = blockAttention({ q: projected.q, k: block.k, v: block.v, fam: projected });
  const updated = finish(weights, residual, attention, config);
  const after = config.variant === 'fam-norm' ? rmsNorm(updated, undefined, config.normEpsilon) : updated;
  observe?.(before, after);
  return between ? between(after) : after;
}

/** F_{τ−1} where a row carries context, nothing where its FAM is still the prompt's ("First update"). */
const carriedOnly = (fam: tf.Tensor, carried: tf.Tensor) => tf.mul(fam, tf.reshape(carried, [-1, 1, 1]));

function memoryOf(state: LayerState, progress: Progress, positions: Positions): MemorySegments | undefined {
  return state.memory && { ...state.memory, visible: progress.visible, rotation: positions.memoryRotation };
}

/**
 * Reads n tokens into the open block, and closes it when they fill it.
 *
 * @param x [B, n, d] with n ≤ C − filled
 * @returns the activations above, [B, n, d], and the layer's state after them
 */
export function stepLayer(
  weights: LayerWeights,
  x: tf.Tensor,
  state: LayerState,
  progress: Progress,
  positions: Positions,
  config: LayerConfig,
  recurrence: Recurrence = {},
): LayerResult {
  const { filled, carried } = progress;
  const [, n] = x.shape as [number, number];
  const own = project(weights, x, n, positions.tokens, config);
  const before = state.fam;
  const fam = before && project(weights, before, config.famLength, positions.fam!(0), config);
  const open = { k: write(state.open.k, own.k, filled), v: write(state.open.v, own.v, filled) };
  const block = { k: tf.expandDims(open.k, 1), v: tf.expandDims(open.v, 1) };
  const memory = memoryOf(state, progress, positions);
  const y = () => {
    const attention = blockAttention({ q: own.q, ...block, fam, memory, causalOffset: filled });
    return finish(weights, x, attention, config);
  };
  if (filled + n < config.blockSize) {
    return { x: y, state: { fam: before && tf.clone(before), memory: cloned(state.memory), open } };
  }
  const after =
    before && updateFam(weights, before, carriedOnly(before, carried), fam!, block, config, recurrence);
  return { x: y, state: { fam: after, memory: remember(state.memory, block), open } };
}

/**
 * Reads T whole blocks at once: one projection, the short recurrence F_{−1} → F_0 → …, then one attention and one
 * feed-forward for all of them. The open block must be empty.
 *
 * @param x [B, T · C, d]
 * @returns the activations above, [B, T · C, d], and the layer's state after them
 */
export function scanLayer(
  weights: LayerWeights,
  x: tf.Tensor,
  state: LayerState,
  progress: Progress,
  positions: Positions,
  config: LayerConfig,
  recurrence: Recurrence = {},
): LayerResult {
  const blocks = project(weights, x, config.blockSize, positions.tokens, config);
  const T = blocks.k.shape[1]!;
  const [blockKeys, blockValues] = [singly(blocks.k), singly(blocks.v)];
  const seen: Projected[] = [];
  let fam = state.fam;
  for (let t = 0; t < T && fam; t++) {
    const before = fam;
    const projected = project(weights, before, config.famLength, positions.fam!(t), config);
    const residual = t === 0 ? carriedOnly(before, progress.carried) : before;
    const block = { k: blockKeys[t]!, v: blockValues[t]! };
    seen.push(projected);
    fam = updateFam(weights, before, residual, projected, block, config, recurrence);
  }
  const stacked = (part: 'k' | 'v') =>
    tf.concat(
      seen.map((projected) => projected[part]),
      1,
    );
  const y = () => {
    const attention = blockAttention({
      ...blocks,
      fam: fam && { k: stacked('k'), v: stacked('v') },
      memory: memoryOf(state, progress, positions),
      causalOffset: 0,
    });
    return finish(weights, x, attention, config);
  };
  return {
    x: y,
    state: { fam, memory: remember(state.memory, blocks), open: cloned(state.open) },
  };
}

/** Full attention of the prompt's F activations among themselves: what layer l + 1 receives as its F_{−1}. */
export function promptLayer(
  weights: LayerWeights,
  fam: tf.Tensor,
  positions: Positions,
  config: LayerConfig,
): tf.Tensor {
  const own = project(weights, fam, config.famLength, positions.fam!(0), config);
  return finish(weights, fam, blockAttention(own), config);
}

/** T blocks one by one. TF.js cannot differentiate a split into a single part. */
const singly = (blocks: tf.Tensor): tf.Tensor[] =>
  blocks.shape[1]! > 1 ? tf.split(blocks, blocks.shape[1]!, 1) : [blocks];

/** [B, C, …] with the rows from `at` on replaced by those of [B, 1, n, …]. */
function write(buffer: tf.Tensor, rows: tf.Tensor, at: number): tf.Tensor {
  const [, C] = buffer.shape as [number, number];
  const n = rows.shape[2]!;
  const part = (from: number, to: number) =>
    to > from ? [tf.slice(buffer, [0, from], [-1, to - from])] : [];
  return tf.concat([...part(0, at), tf.squeeze(rows, [1]), ...part(at + n, C)], 1);
}

/** The last m blocks of the memory followed by the blocks just read. */
function remember(memory: KeysValues | undefined, blocks: KeysValues): KeysValues | undefined {
  if (!memory) return undefined;
  const last = (past: tf.Tensor, read: tf.Tensor) => {
    const [m, T] = [past.shape[1]!, read.shape[1]!];
    return T >= m
      ? tf.slice(read, [0, T - m], [-1, m])
      : tf.concat([tf.slice(past, [0, T], [-1, m - T]), read], 1);
  };
  return { k: last(memory.k, blocks.k), v: last(memory.v, blocks.v) };
}

function cloned<Pair extends KeysValues | undefined>(pair: Pair): Pair {
  return (pair && { k: tf.clone(pair.k), v: tf.clone(pair.v) }) as Pair;
}
