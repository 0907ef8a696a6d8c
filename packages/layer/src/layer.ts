/** One TransformerFAM layer on one block or on many (spec.md, "One layer, one block"; Algorithm 2 of the paper). */
import { type BlockAttention, blockAttention, type KeysValues, stepAttention } from '@famjs/kernels';
import * as tf from '@tensorflow/tfjs-core';
import {
  carriedOf,
  type FamPlace,
  followingFam,
  newestFam,
  type SeenFam,
  seenFam,
  updateCall,
  updatedFam,
  withNewest,
} from './fam.ts';
import { appended, capacityOf, following, keptSinks, type Standing, seenBefore, visibleOf } from './past.ts';
import { type LayerState, lastRows, rowsOf } from './state.ts';

/** What a layer's call returns: its state after the tokens, and its activations, computed when they are asked for. */
export interface LayerResult {
  x: () => tf.Tensor;
  state: LayerState;
}

/** Where in a call something happens. */
export interface Moment {
  layer: number;
  /** Counted from the first block of the call. */
  block: number;
  /** The rows of the batch that are read together: all, unless they see different numbers of FAMs. */
  members: readonly number[];
}

/** Hooks into the recurrence of FAM, for training and the ablations. */
export interface Recurrence {
  /**
   * Replaces F_{τ−1}, [B, F, d], before block τ sees it: noise, a stopped gradient. Rows whose FAM carries no context yet
   * keep theirs.
   */
  disturb?: ((fam: tf.Tensor, at: Moment) => tf.Tensor) | undefined;
  /** Sees F_{τ−1} as the state held it, undisturbed, and F_τ as it left the update. */
  observe?: ((before: tf.Tensor, after: tf.Tensor, at: Moment) => void) | undefined;
  /** Sees the attention of whole blocks. */
  attend?: ((attended: Attended, at: Moment) => void) | undefined;
}

/** The attention of T whole blocks in one layer. */
export interface Attended {
  place: FamPlace;
  /** What the layer received, [B, T · C, d]. */
  x: tf.Tensor;
  /** The call of the tokens. */
  tokens: BlockAttention;
  /** The calls of the FAM queries, block by block; none without FAM. */
  fam: readonly BlockAttention[];
  /** Keys and values of F_τ of each block as the block after it sees them, [B, T, F, Hkv, D]; undefined without FAM. */
  updated: KeysValues | undefined;
  /** What the layer made of it, [B, T · C, d]. */
  output: () => tf.Tensor;
}

/** What a layer is told about its call. */
export interface LayerCall extends FamPlace, Standing {
  layer: number;
  /** Blocks of the call before this piece of it. */
  firstBlock: number;
  /** See `Moment`. */
  members: readonly number[];
  /** Tokens in the open block. */
  filled: number;
  recurrence: Recurrence;
}

/**
 * Reads n tokens into the open block, and closes it when they fill it.
 *
 * @param x [B, n, d] with n ≤ C − filled
 */
export function stepLayer(call: LayerCall, x: tf.Tensor, state: LayerState): LayerResult {
  const { block, config, rows, own, filled, rotations } = call;
  const { blockSize: C, memorySegments: m } = config;
  const n = x.shape[1]!;
  const projected = block.project(x, rotations.tokens);
  const fresh = { k: projected.k(), v: projected.v() };
  const past = appended(state.past, fresh, own + filled, capacityOf(config));
  const fam = state.fam && disturbed(call, seenFam(call, state.fam), 0);
  const log = { k: past.k.tensor, v: past.v.tensor };
  const y = () => {
    const attention = stepAttention({
      ...{ q: projected.q(), log, own, offset: filled },
      ...{ fam, sinks: state.sinks, segments: m, blockSize: C },
      ...(m > 0 && { rotation: rotations.segments(m) }),
      ...((m > 0 || config.sinks > 0) && { visible: visibleOf(rows, m) }),
      ...sightOf(call),
    });
    return block.finish(x, attention);
  };
  if (filled + n < C) return { x: y, state: { ...state, past } };
  const read = { k: rowsOf(log.k, own, own + C), v: rowsOf(log.v, own, own + C) };
  return {
    x: y,
    state: {
      fam: fam && closed(call, fam, state, { k: tf.expandDims(read.k, 1), v: tf.expandDims(read.v, 1) }, 0),
      past,
      sinks: keptSinks(call, state.sinks, read),
    },
  };
}

/**
 * Reads T whole blocks at once: one projection, the short recurrence F_{−1} → F_0 → …, then one attention and one
 * feed-forward for all of them. The open block must be empty.
 *
 * @param x [B, T · C, d]
 */
export function scanLayer(call: LayerCall, x: tf.Tensor, state: LayerState): LayerResult {
  const { block, config, rotations, recurrence } = call;
  const { blockSize: C } = config;
  const B = x.shape[0]!;
  const T = x.shape[1]! / C;
  const projected = block.project(x, rotations.tokens);
  const read = { k: projected.k(), v: projected.v() };
  const inBlocks = (run: tf.Tensor) => tf.reshape(run, [B, T, C, ...run.shape.slice(2)]);
  const blocks = { k: inBlocks(read.k), v: inBlocks(read.v) };
  const [blockKeys, blockValues] = [singly(blocks.k), singly(blocks.v)];

  const seen: SeenFam[] = [];
  const updates: BlockAttention[] = [];
  let fam = state.fam && seenFam(call, state.fam);
  for (let t = 0; t < T && fam; t++) {
    const shown = disturbed(call, fam, t);
    const own = { k: blockKeys[t]!, v: blockValues[t]! };
    seen.push(shown);
    if (recurrence.attend) updates.push(updateCall(call, shown, own));
    fam = closed(call, shown, { fam }, own, t);
  }
  const tokens = (): BlockAttention => ({
    ...blocks,
    q: inBlocks(projected.q()),
    fam: seen.length > 0 ? { k: stacked(seen, 'k'), v: stacked(seen, 'v') } : undefined,
    ...seenBefore(call, state, read, T),
    causalOffset: 0,
    ...sightOf(call),
  });
  const y = () => {
    const attention = blockAttention(tokens());
    return block.finish(x, tf.reshape(attention, [B, T * C, ...attention.shape.slice(3)]));
  };
  recurrence.attend?.(
    {
      ...{ place: call, x, tokens: tokens(), fam: updates, output: y },
      updated: fam && updatedKeys([...seen.slice(1), fam], config.famLength),
    },
    momentOf(call, 0),
  );
  return {
    x: y,
    state: { fam, past: following(call, state.past, read, T), sinks: keptSinks(call, state.sinks, read) },
  };
}

const momentOf = ({ layer, firstBlock, members }: LayerCall, t: number): Moment => ({
  layer,
  block: firstBlock + t,
  members,
});

/**
 * The factor of the scores, and how far a token sees: the narrower of the variant's window and the layer's. Sinks that still
 * are where they were read are pinned, as no window hides them.
 */
function sightOf({ block, config, rows }: LayerCall) {
  const { memorySegments: m, sinks, variant } = config;
  const { scale } = block.attention;
  const windows = [block.attention.window, variant.window].filter((window) => window !== undefined);
  if (windows.length === 0) return { scale };
  const pins = sinks > 0 && rows.some(({ blocks }) => blocks <= m);
  return { scale, window: Math.min(...windows), pinned: pins ? sinks : undefined };
}

/** FAM as block t of the call is to see it. */
function disturbed(call: LayerCall, fam: SeenFam, t: number): SeenFam {
  const { recurrence, rows, config } = call;
  const carried = carriedOf(rows, t);
  if (!recurrence.disturb || carried === false) return fam;
  const newest = newestFam(config, fam);
  const other = recurrence.disturb(newest, momentOf(call, t));
  const shown = carried === true ? other : tf.add(newest, tf.mul(tf.sub(other, newest), carried));
  return withNewest(call, fam, shown, t);
}

/** FAM after block t of the call, as the block after it will see it. */
function closed(call: LayerCall, shown: SeenFam, held: LayerState, own: KeysValues, t: number): SeenFam {
  const { recurrence, rows, config } = call;
  const after = updatedFam(call, shown, own, carriedOf(rows, t));
  recurrence.observe?.(newestFam(config, held.fam!), after, momentOf(call, t));
  return followingFam(call, shown, after, t);
}

/** Keys or values of the FAMs that each block saw, [B, T, v · F, …]; older ones that are not there yet are left out. */
function stacked(seen: readonly SeenFam[], part: 'k' | 'v'): tf.Tensor {
  return tf.stack(
    seen.map((fam) => fam[part]),
    1,
  );
}

function updatedKeys(seen: readonly SeenFam[], F: number): KeysValues {
  const newest = (part: 'k' | 'v') =>
    tf.stack(
      seen.map((fam) => lastRows(fam[part], F)),
      1,
    );
  return { k: newest('k'), v: newest('v') };
}

/** [B, T, …] as T times [B, 1, …]. TF.js cannot differentiate a split into one part, and some backends crawl at rank 5. */
function singly(blocks: tf.Tensor): tf.Tensor[] {
  const [B, T, ...shape] = blocks.shape as [number, number];
  if (T === 1) return [blocks];
  return tf.split(tf.reshape(blocks, [B, T, -1]), T, 1).map((block) => tf.reshape(block, [B, 1, ...shape]));
}
