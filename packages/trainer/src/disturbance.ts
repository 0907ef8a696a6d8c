/**
 * Disturbances of FAM between blocks, which teach it to hold on to what it remembers: memories that come back from
 * everywhere around them last, where memories that drift a little each block are lost in the end.
 */
import type { Moment, Recurrence } from '@famjs/layer';
import { type Random, stream } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';

export interface Disturbance {
  /** Standard deviation of Gaussian noise, as a share of each activation's root mean square. */
  noise: number;
  /**
   * Largest share by which a row's FAM is moved towards that of another row. Noise in all directions averages out over
   * the width of FAM; this one goes where another memory lies, and can only be undone by coming back to one's own.
   */
  mix: number;
}

/**
 * A disturbed FAM [B, F, d]. The gradient passes as if nothing had happened, so that it does not fade over many blocks.
 */
export function disturb(fam: tf.Tensor, { noise, mix }: Disturbance, random: Random): tf.Tensor {
  const rows = fam.shape[0]!;
  const shift = rows > 1 ? 1 + random.below(rows - 1) : 0;
  const shares = Float32Array.from({ length: rows }, () => random.uniform() * mix);
  const normals = noise > 0 ? random.normals(fam.size) : undefined;
  const disturbed = (memory: tf.Tensor) => {
    const size = tf.sqrt(tf.mean(tf.square(memory), -1, true));
    const noisy = normals
      ? tf.add(memory, tf.mul(tf.tensor(normals, memory.shape), tf.mul(size, noise)))
      : memory;
    if (mix === 0 || shift === 0) return normals ? noisy : tf.clone(memory);
    const other = tf.concat([tf.slice(memory, [shift]), tf.slice(memory, [0], [shift])], 0);
    return tf.add(noisy, tf.mul(tf.sub(other, memory), tf.tensor3d(shares, [rows, 1, 1])));
  };
  return tf.customGrad((memory) => ({
    value: disturbed(memory as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.clone(dy),
  }))(fam);
}

/** Where in a run a text is read: what names its disturbances. */
export interface Reading {
  seed: number;
  step: number;
  /** Blocks of the text before the call's first. */
  block: number;
}

/**
 * The disturbance of FAM as each block begins to see it, and what FAM changed since before it; no hook is set where its
 * strength is 0. Named by (seed, step, layer, block), it is the same wherever the text is cut into calls.
 *
 * @param penalise gets the mean squared change of each block and layer
 */
export function recurrenceOf(
  { disturbance, hold }: { disturbance: Disturbance; hold: number },
  { seed, step, block: first }: Reading,
  penalise: (change: tf.Tensor) => void,
): Recurrence {
  const noiseOf = ({ layer, block }: Moment) => stream(seed, 'noise', step, layer, first + block);
  return {
    ...((disturbance.noise > 0 || disturbance.mix > 0) && {
      disturb: (fam: tf.Tensor, at: Moment) => disturb(fam, disturbance, noiseOf(at)),
    }),
    ...(hold > 0 && {
      observe: (before: tf.Tensor, after: tf.Tensor) => penalise(tf.mean(tf.square(tf.sub(after, before)))),
    }),
  };
}
