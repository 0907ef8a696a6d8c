/**
 * Disturbances of FAM between blocks, which teach it to hold on to what it remembers: memories that come back from
 * everywhere around them last, where memories that drift a little each block are lost in the end.
 */
import { ConfigError, require } from '@famjs/backends';
import { constant, type FamConfig, type Moment, type Recurrence } from '@famjs/layer';
import { stream } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import { type Ramp, valueAt } from './ramp.ts';

/** How FAM is disturbed over a run, for any task; what is not given is 0. */
export interface Disturbance {
  /** Standard deviation of Gaussian noise, as a share of each activation's root mean square. */
  noise?: Ramp;
  /**
   * Largest share by which a row's FAM is moved towards that of another row. Noise in all directions averages out over
   * the width of FAM; this one goes where another memory lies, and can only be undone by coming back to one's own.
   */
  mix?: Ramp;
  /**
   * Weight of the mean squared change of FAM from block to block, from before its disturbance to after its update. Where the variant
   * does not bring FAM to unit size, the change is a share of its mean square, and counts from the second block on: activations of
   * the prompt differ from each other by more than any update.
   */
  hold?: Ramp;
}

/** The strengths of one step. */
export type Strengths = Record<keyof Disturbance, number>;

export function strengthsAt({ noise = 0, mix = 0, hold = 0 }: Disturbance, step: number): Strengths {
  return { noise: valueAt(noise, step), mix: valueAt(mix, step), hold: valueAt(hold, step) };
}

/** @throws ConfigError where there is no FAM to be disturbed but another memory, which would go undisturbed in silence */
export function requireDisturbable({ variant }: FamConfig, { noise, mix }: Strengths): void {
  require(variant.carrier === 'attention' || (noise === 0 && mix === 0), ConfigError, () => ({
    wrong: `Noise ${noise} and mix ${mix} were asked of ${variant.preset}, whose blocks pass no FAM on.`,
    expected: 'a variant of FAM, or noise and mix of 0.',
    remedy: 'leave noise and mix out; hold goes with every variant.',
  }));
}

/** Where in a run a text is read: what names its disturbances. */
export interface Reading {
  seed: number;
  step: number;
  /** Blocks of the text before the call's first. */
  block: number;
  /** Rows of the batch before the call's first; 0 unless given. */
  row?: number;
}

/**
 * A FAM [B, F, d] as a block is to see it: the FAM of the rows `members` of the batch. The gradient passes as if nothing had happened, so that it does not fade over many
 * blocks.
 */
export function disturb(
  fam: tf.Tensor,
  { noise, mix }: Pick<Strengths, 'noise' | 'mix'>,
  { seed, step, block: first, row: before = 0 }: Reading,
  { layer, block: within, members }: Moment,
): tf.Tensor {
  const [rows, F, d] = fam.shape as [number, number, number];
  const block = first + within;
  const shift = rows > 1 ? 1 + stream(seed, 'noise', step, layer, block).below(rows - 1) : 0;
  const shares = new Float32Array(rows);
  const normals = new Float32Array(noise > 0 ? fam.size : 0);
  members.forEach((member, row) => {
    const random = stream(seed, 'noise', step, layer, block, before + member);
    shares[row] = random.uniform() * mix;
    if (noise > 0) normals.set(random.normals(F * d), row * F * d);
  });
  const disturbed = (memory: tf.Tensor) => {
    const size = tf.sqrt(tf.mean(tf.square(memory), -1, true));
    const noisy =
      noise > 0 ? tf.add(memory, tf.mul(tf.tensor(normals, memory.shape), tf.mul(size, noise))) : memory;
    if (mix === 0 || shift === 0) return noise > 0 ? noisy : tf.clone(memory);
    const other = tf.concat([tf.slice(memory, [shift]), tf.slice(memory, [0], [shift])], 0);
    return tf.add(noisy, tf.mul(tf.sub(other, memory), tf.tensor3d(shares, [rows, 1, 1])));
  };
  return tf.customGrad((memory) => ({
    value: disturbed(memory as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.clone(dy),
  }))(fam);
}

/** The mean squared change of a FAM [B, F, d]; see `Disturbance.hold`. */
function changeOf(before: tf.Tensor, after: tf.Tensor, { variant }: FamConfig): tf.Tensor {
  const squares = tf.square(tf.sub(after, before));
  if (variant.norm === 'unit') return tf.mean(squares);
  const size = tf.maximum(constant(tf.mean(tf.square(before), [1, 2])), 1e-12);
  return tf.mean(tf.div(tf.mean(squares, [1, 2]), size));
}

/**
 * The disturbance of FAM as each block begins to see it, and what FAM changed since before it; no hook is set where its
 * strength is 0. Named by (seed, step, layer, block), it is the same wherever the text is cut into calls.
 *
 * @param penalise gets the mean squared change of each block and layer
 */
export function recurrenceOf(
  config: FamConfig,
  strengths: Strengths,
  reading: Reading,
  penalise: (change: tf.Tensor) => void,
): Recurrence {
  return {
    ...((strengths.noise > 0 || strengths.mix > 0) && {
      disturb: (fam: tf.Tensor, at: Moment) => disturb(fam, strengths, reading, at),
    }),
    ...(strengths.hold > 0 && {
      observe: (before: tf.Tensor, after: tf.Tensor, { block }: Moment) => {
        if (config.variant.norm === 'unit' || reading.block + block > 0)
          penalise(changeOf(before, after, config));
      },
    }),
  };
}
