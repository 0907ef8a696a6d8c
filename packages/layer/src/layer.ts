/** One TransformerFAM layer on one block or on many (spec.md, "One layer, one block"; Algorithm 2 of the paper). */
import { type BlockAttention, blockAttention, type KeysValues } from '@famjs/kernels';
import { linear, type RotaryTable, rmsNorm, rotary, swiGLU } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { LayerConfig } from './config.ts';
import type { Positions } from './positions.ts';
import type { LayerState, Progress } from './state.ts';
import type { LayerWeights } from './weights.ts';

/** Keys and values [..., N, Hkv, D], and queries [..., N, H, D], computed when they are asked for. */
interface Projected extends KeysValues {
  q: () => tf.Tensor;
}

/** What a layer's call returns: its state after the tokens, and its activations, computed when they are asked for. */
export interface LayerResult {
  x: () => tf.Tensor;
  state: LayerState;
}

/** Where in a call something happens: the layer, and the block as counted from the call's first. */
export interface Place {
  layer: number;
  block: number;
}

/**
 * Hooks into the recurrence of FAM, for training and the ablations. They act on what a block sees, never on the state: what
 * a call leaves behind is undisturbed, wherever the text is cut into calls.
 */
export interface Recurrence {
  /** Replaces F_{τ−1}, [B, F, d], as block τ sees it, in rows that carry context: noise, a stopped gradient. */
  disturb?: (fam: tf.Tensor, at: Place) => tf.Tensor;
  /** Sees F_{τ−1} before it was disturbed, and F_τ as it left the update. */
  observe?: (before: tf.Tensor, after: tf.Tensor, at: Place) => void;
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
  const normed = rmsNorm(x, weights.inputNorm, normEpsilon);
  const inBlocks = (t: tf.Tensor, count: number) => tf.reshape(t, [B, n / rows, rows, count, headWidth]);
  const rotated = (weight: tf.Tensor, count: number) =>
    inBlocks(rotary(tf.reshape(linear(normed, { weight }), [B, n / N, N, count, headWidth]), table), count);
  return {
    q: () => rotated(weights.query, heads),
    k: rotated(weights.key, keyValueHeads),
    v: inBlocks(linear(normed, { weight: weights.value }), keyValueHeads),
  };
}

/** X' = residual + attention · Wo ; X' + FF(norm(X')). */
function finish(
  weights: LayerWeights,
  residual: tf.Tensor,
  attention: tf.Tensor,
  { heads, headWidth, normEpsilon }: LayerConfig,
): tf.Tensor {
  const [B, T, N] = attention.shape as [number, number, number];
  const projected = linear(tf.reshape(attention, [B, T * N, heads * headWidth]), { weight: weights.output });
  const x = tf.add(residual, projected);
  const gateUp = linear(rmsNorm(x, weights.postAttentionNorm, normEpsilon), { weight: weights.gateUp });
  return tf.add(x, linear(swiGLU(gateUp), { weight: weights.down }));
}

/** F_τ of a full block: FAM queries see FAM and the whole block, never the memory segments. */
function updateFam(
  weights: LayerWeights,
  residual: tf.Tensor,
  projected: Projected,
  block: KeysValues,
  config: LayerConfig,
): tf.Tensor {
  const attention = blockAttention({ q: projected.q(), k: block.k, v: block.v, fam: projected });
  const updated = finish(weights, residual, attention, config);
  return config.variant === 'fam-norm' ? rmsNorm(updated, undefined, config.normEpsilon) : updated;
}

/** F_{τ−1} as block τ sees it. `carried` is given where some rows may have the prompt's still, which nothing disturbs. */
function seenBy(
  fam: tf.Tensor,
  { disturb }: Recurrence,
  at: Place,
  carried: tf.Tensor | undefined,
): tf.Tensor {
  if (!disturb) return fam;
  const disturbed = disturb(fam, at);
  if (!carried) return disturbed;
  return tf.add(carriedOnly(disturbed, carried), carriedOnly(fam, tf.sub(1, carried)));
}

/** F_{τ−1} where a row carries context, nothing where its FAM is still the prompt's ("First update"). */
const carriedOnly = (fam: tf.Tensor, carried: tf.Tensor) => tf.mul(fam, tf.reshape(carried, [-1, 1, 1]));

function memoryOf(
  state: LayerState,
  progress: Progress,
  positions: Positions,
): Pick<BlockAttention, 'memory' | 'visible'> {
  const memory = state.memory && { ...state.memory, rotation: positions.memoryRotation };
  return { memory, visible: progress.visible };
}

/**
 * Reads n tokens into the open block, and closes it when they fill it.
 *
 * @param x [B, n, d] with n ≤ C − filled
 * @param at which layer this is, and the block's number within the call, for `recurrence`
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
  at: Place = { layer: 0, block: 0 },
): LayerResult {
  const { filled, carried } = progress;
  const [, n] = x.shape as [number, number];
  const own = project(weights, x, n, positions.tokens, config);
  const before = state.fam;
  const seen = before && seenBy(before, recurrence, at, carried);
  const fam = seen && project(weights, seen, config.famLength, positions.fam!(0), config);
  const open = { k: write(state.open.k, own.k, filled), v: write(state.open.v, own.v, filled) };
  const block = { k: tf.expandDims(open.k, 1), v: tf.expandDims(open.v, 1) };
  const memory = memoryOf(state, progress, positions);
  const y = () => {
    const attention = blockAttention({ q: own.q(), ...block, fam, ...memory, causalOffset: filled });
    return finish(weights, x, attention, config);
  };
  if (filled + n < config.blockSize) {
    return { x: y, state: { fam: before && tf.clone(before), memory: cloned(state.memory), open } };
  }
  const after = seen && updateFam(weights, carriedOnly(seen, carried), fam!, block, config);
  if (before) recurrence.observe?.(before, after!, at);
  return { x: y, state: { fam: after, memory: remember(state.memory, block), open } };
}

/**
 * Reads T whole blocks at once: one projection, the short recurrence F_{−1} → F_0 → …, then one attention and one
 * feed-forward for all of them. The open block must be empty.
 *
 * @param x [B, T · C, d]
 * @param first which layer this is, and the first block's number within the call, for `recurrence`
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
  first: Place = { layer: 0, block: 0 },
): LayerResult {
  const blocks = project(weights, x, config.blockSize, positions.tokens, config);
  const T = blocks.k.shape[1]!;
  const [blockKeys, blockValues] = [singly(blocks.k), singly(blocks.v)];
  const seen: Projected[] = [];
  let fam = state.fam;
  for (let t = 0; t < T && fam; t++) {
    const before: tf.Tensor = fam;
    const at = { layer: first.layer, block: first.block + t };
    const current = seenBy(before, recurrence, at, t === 0 ? progress.carried : undefined);
    const projected = project(weights, current, config.famLength, positions.fam!(t), config);
    const residual = t === 0 ? carriedOnly(current, progress.carried) : current;
    const block = { k: blockKeys[t]!, v: blockValues[t]! };
    seen.push(projected);
    fam = updateFam(weights, residual, projected, block, config);
    recurrence.observe?.(before, fam, at);
  }
  const together = (part: 'k' | 'v') => {
    const all = tf.concat(
      seen.map((projected) => tf.reshape(projected[part], [x.shape[0]!, 1, -1])),
      1,
    );
    return tf.reshape(all, [x.shape[0]!, T, ...seen[0]![part].shape.slice(2)]);
  };
  const y = () => {
    const attention = blockAttention({
      ...blocks,
      q: blocks.q(),
      fam: fam && { k: together('k'), v: together('v') },
      ...memoryOf(state, progress, positions),
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
  return finish(weights, fam, blockAttention({ ...own, q: own.q() }), config);
}

/** [B, T, …] as T times [B, 1, …]. TF.js cannot differentiate a split into one part, and some backends crawl at rank 5. */
function singly(blocks: tf.Tensor): tf.Tensor[] {
  const [B, T, ...shape] = blocks.shape as [number, number];
  if (T === 1) return [blocks];
  return tf.split(tf.reshape(blocks, [B, T, -1]), T, 1).map((block) => tf.reshape(block, [B, 1, ...shape]));
}

/** [B, C, …] with the rows from `at` on replaced by those of [B, 1, n, …]. */
function write(buffer: tf.Tensor, rows: tf.Tensor, at: number): tf.Tensor {
  const [B, C] = buffer.shape as [number, number];
  const n = rows.shape[2]!;
  const flat = tf.reshape(buffer, [B, C, -1]);
  const parts = [...partOf(flat, 0, at), tf.reshape(rows, [B, n, -1]), ...partOf(flat, at + n, C)];
  return tf.reshape(tf.concat(parts, 1), buffer.shape);
}

/** The last m blocks of the memory followed by the blocks just read. */
function remember(memory: KeysValues | undefined, blocks: KeysValues): KeysValues | undefined {
  if (!memory) return undefined;
  const last = (past: tf.Tensor, read: tf.Tensor) => {
    const [B, m] = past.shape as [number, number];
    const T = read.shape[1]!;
    const flat = (run: tf.Tensor) => tf.reshape(run, [B, run.shape[1]!, -1]);
    const parts = [...partOf(flat(past), Math.min(T, m), m), ...partOf(flat(read), Math.max(0, T - m), T)];
    return tf.reshape(tf.concat(parts, 1), past.shape);
  };
  return { k: last(memory.k, blocks.k), v: last(memory.v, blocks.v) };
}

/** Rows from … to − 1 of [B, rows, width], as a list that is empty when there are none. */
const partOf = (run: tf.Tensor, from: number, to: number): tf.Tensor[] =>
  to > from ? [tf.slice(run, [0, from, 0], [-1, to - from, -1])] : [];

function cloned<Pair extends KeysValues | undefined>(pair: Pair): Pair {
  return (pair && { k: tf.clone(pair.k), v: tf.clone(pair.v) }) as Pair;
}
