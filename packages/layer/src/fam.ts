/** FAM of one layer: how a block sees it, how it is updated, and what it was before the first block (Algorithm 2). */
import { type BlockAttention, blockAttention, type KeysValues } from '@famjs/kernels';
import { rmsNorm } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import { alone } from './alone.ts';
import { type Block, type Projected, rotate } from './block.ts';
import type { FamConfig } from './config.ts';
import type { Rotations } from './positions.ts';
import { type Fam, lastRows, type Row, rowsOf } from './state.ts';

/** What FAM is part of. */
export interface FamPlace {
  block: Block;
  config: FamConfig;
  /** Added to the mean square where FAM is normed. */
  normEpsilon: number;
  rotations: Rotations;
}

/** FAM as a block sees it, with the queries by which it is updated. */
export interface SeenFam extends Fam {
  /** [B, F, H, D] */
  q: () => tf.Tensor;
}

/** F_{−1} as the first block sees it. */
export function firstFam(place: FamPlace, initial: tf.Tensor): SeenFam {
  const { query, norm } = place.config.variant;
  const needed = query === 'initial' || norm === 'initial';
  const projected = projectedAt(place, initial, 0);
  return { ...seen(initial, projected), ...(needed && { initial }), q: projected.q };
}

/** The FAM of a state as block 0 of a call sees it. */
export function seenFam(place: FamPlace, fam: Fam): SeenFam {
  return { ...fam, q: () => projectedAt(place, askingFam(place, fam), 0).q() };
}

/** FAM as block t of a call sees it, with another F_{τ−1} in place of its own. */
export function withNewest(place: FamPlace, fam: SeenFam, newest: tf.Tensor, t: number): SeenFam {
  const projected = projectedAt(place, newest, t);
  const older = fam.activations.shape[1]! - place.config.famLength;
  const replaced = (all: tf.Tensor, last: tf.Tensor) =>
    older > 0 ? tf.concat([rowsOf(all, 0, older), last], 1) : last;
  return {
    ...fam,
    activations: replaced(fam.activations, newest),
    k: replaced(fam.k, projected.k()),
    v: replaced(fam.v, projected.v()),
    q: place.config.variant.query === 'initial' ? fam.q : projected.q,
  };
}

/** F_{τ−1}, [B, F, d], of the FAMs that a block sees. */
export const newestFam = ({ famLength }: FamConfig, { activations }: Fam): tf.Tensor =>
  lastRows(activations, famLength);

/** The attention of an update: FAM queries see FAM and the whole block, never the memory segments. */
export function updateCall({ block }: FamPlace, fam: SeenFam, own: KeysValues): BlockAttention {
  return {
    q: tf.expandDims(fam.q(), 1),
    ...own,
    fam: { k: tf.expandDims(fam.k, 1), v: tf.expandDims(fam.v, 1) },
    scale: block.attention.scale,
  };
}

/**
 * F_τ of a full block, before block τ + 1 sees it. The first update has no residual, for the prompt carries no context
 * ("First update").
 *
 * @param own keys and values of the block, [B, 1, C, Hkv, D]
 * @param carried whether FAM carries context: of all rows, or [B, 1, 1] of 0 and 1
 */
export function updatedFam(
  place: FamPlace,
  fam: SeenFam,
  own: KeysValues,
  carried: boolean | tf.Tensor,
): tf.Tensor {
  const { block, config, normEpsilon } = place;
  const { residual, feedForward, norm } = config.variant;
  const attention = tf.squeeze(blockAttention(updateCall(place, fam, own)), [1]);
  const updated = block.finish(askingFam(place, fam), attention, {
    residual: residual && carried,
    feedForward,
  });
  if (!norm) return updated;
  const unit = rmsNorm(updated, undefined, normEpsilon);
  return norm === 'unit' ? unit : tf.mul(unit, sizeOf(fam.initial!));
}

/** The FAMs that the block after block t of a call sees, of which the newest is `after`. */
export function followingFam(place: FamPlace, fam: Fam, after: tf.Tensor, t: number): SeenFam {
  const { config, rotations } = place;
  const { famLength: F, variant } = config;
  const projected = projectedAt(place, after, t + 1);
  const newest = { ...seen(after, projected), initial: fam.initial };
  const q = variant.query === 'initial' ? () => projectedAt(place, fam.initial!, t + 1).q() : projected.q;
  if (variant.visible === 1) return { ...newest, q };
  const all = fam.activations.shape[1]!;
  const dropped = Math.max(0, all + F - variant.visible * F);
  const joined = (older: tf.Tensor, last: tf.Tensor) =>
    all > dropped ? tf.concat([rowsOf(older, dropped, all), last], 1) : last;
  return {
    ...newest,
    activations: joined(fam.activations, newest.activations),
    k: joined(rotate(fam.k, rotations.blockBack(), true), newest.k),
    v: joined(fam.v, newest.v),
    q,
  };
}

/** The same FAMs with keys and values made anew, by these weights; at absolute position 0 all stand equally far back. */
export function refreshedFam(place: FamPlace, { activations, initial }: Fam): Fam {
  const { famLength: F, blockSize, position } = place.config;
  const count = activations.shape[1]! / F;
  const slots = Array.from({ length: count }, (_, slot) => {
    const { k, v } = projectedAt(place, rowsOf(activations, slot * F, (slot + 1) * F), 0);
    const blocksBack = position === 'zero' ? 0 : count - 1 - slot;
    const back = place.rotations.at([blocksBack * blockSize]);
    return { k: rotate(k(), back, true), v: v() };
  });
  const joined = (part: 'k' | 'v') =>
    tf.concat(
      slots.map((slot) => slot[part]),
      1,
    );
  return { activations, initial, k: joined('k'), v: joined('v') };
}

/** F_{−1} of every layer (spec.md, "Initial FAM"): the prompt run through the layers, alone and with full attention. */
export function promptFams(places: readonly FamPlace[], prompt: tf.Tensor): tf.Tensor[] {
  const fams = [tf.expandDims(prompt, 0)];
  for (const place of places.slice(0, -1)) {
    fams.push(alone(place.block, fams.at(-1)!, place.rotations.prompt()).x());
  }
  return fams;
}

/** Which rows carry context, for the residual of their update. */
export function carriedOf(rows: readonly Row[], t: number): boolean | tf.Tensor {
  const marks = rows.map(({ updates }) => updates + t > 0);
  if (marks.every((mark) => mark === marks[0])) return marks[0]!;
  return tf.tensor3d(marks.map(Number), [rows.length, 1, 1]);
}

/** What the FAM queries are made of. */
const askingFam = ({ config }: FamPlace, fam: Fam) =>
  config.variant.query === 'initial' ? fam.initial! : newestFam(config, fam);

const projectedAt = ({ block, rotations }: FamPlace, fam: tf.Tensor, t: number): Projected =>
  block.project(fam, rotations.fam(t));

const seen = (activations: tf.Tensor, { k, v }: Projected) => ({ activations, k: k(), v: v() });

/** Root mean square over the F rows of F_{−1}, [B, 1, 1], without a gradient. */
function sizeOf(initial: tf.Tensor): tf.Tensor {
  return constant(tf.sqrt(tf.mean(tf.square(initial), [1, 2], true)));
}

/** The same values, through which no gradient passes. */
export const constant = tf.customGrad((x) => ({
  value: tf.clone(x as tf.Tensor),
  gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
}));
