/** Rotary position embedding (Su et al., 2021) in the half-split layout of Llama. */
import { require, ShapeError } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { kernelOp } from './kernel-op.ts';

/** Cosines and sines of the angles of N positions: two tensors [N, D/2]. */
export interface RotaryTable {
  cos: tf.Tensor2D;
  sin: tf.Tensor2D;
}

/**
 * Frequencies theta^(−2j/D), j < D/2, in radians a token.
 *
 * @param headWidth D, even
 * @param theta base of the frequencies (10,000 in Llama 2, 500,000 in Llama 3)
 */
export function rotaryFrequencies(headWidth: number, theta: number): number[] {
  require(headWidth % 2 === 0, ShapeError, () => ({
    wrong: `A head width of ${headWidth} cannot be rotated.`,
    expected: 'an even head width, for the two halves that rotate against each other.',
    remedy: 'correct head_dim in the configuration.',
  }));
  return Array.from({ length: headWidth / 2 }, (_, j) => theta ** ((-2 * j) / headWidth));
}

/**
 * Angles position · frequency, computed in float64 and rounded once, so that any position is exact to float32.
 *
 * @param positions N positions in tokens; any real numbers, negative ones too
 * @param frequencies D/2 of them, in radians a token; 0 leaves a pair as it is
 */
export function rotaryTable(positions: readonly number[], frequencies: readonly number[]): RotaryTable {
  const half = frequencies.length;
  const cos = new Float32Array(positions.length * half);
  const sin = new Float32Array(positions.length * half);
  positions.forEach((position, row) => {
    frequencies.forEach((frequency, j) => {
      cos[row * half + j] = Math.cos(position * frequency);
      sin[row * half + j] = Math.sin(position * frequency);
    });
  });
  const shape: [number, number] = [positions.length, half];
  return { cos: tf.tensor2d(cos, shape), sin: tf.tensor2d(sin, shape) };
}

type Constants = { cos: tf.Tensor; sin: tf.Tensor };

export const rotaryOp = kernelOp<{ x: tf.Tensor }, Constants, { inverse: boolean }>({
  name: 'famjs/Rotary',
  outputs: ['value'],
  reads: () => ['cos', 'sin'],
  forward: ({ x, cos, sin }, { inverse }) => [rotateHalves(x, cos, sin, inverse)],
  backward: (dy, { cos, sin }, { inverse }) => ({ x: rotateHalves(dy, cos!, sin!, !inverse) }),
});

function rotateHalves(x: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor, inverse: boolean): tf.Tensor {
  const [positions, half] = cos.shape as [number, number];
  // One position is the same for all heads as it is.
  const angles = (table: tf.Tensor) => (positions > 1 ? tf.reshape(table, [positions, 1, half]) : table);
  const c = angles(cos);
  const s = angles(inverse ? tf.neg(sin) : sin);
  const [first, second] = tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor];
  return tf.concat(
    [tf.sub(tf.mul(first, c), tf.mul(second, s)), tf.add(tf.mul(second, c), tf.mul(first, s))],
    -1,
  );
}

/**
 * Turns every head's pair (j, j + D/2) by the angle of its position, or back when `inverse`.
 *
 * @param x [..., N, H, D]
 * @param table the angles of the N positions
 * @returns [..., N, H, D]
 * @throws ShapeError when the table is for other positions or another head width
 */
export function rotary(x: tf.Tensor, table: RotaryTable, inverse = false): tf.Tensor {
  const [positions, , width] = x.shape.slice(-3);
  require(x.rank >= 3 &&
    table.cos.shape[0] === positions &&
    table.cos.shape[1] * 2 === width, ShapeError, () => ({
    wrong: `Rotary got activations of shape [${x.shape}] and a table of shape [${table.cos.shape}].`,
    expected: 'activations [..., N, H, D] and a table [N, D/2].',
    remedy: 'make the table with rotaryTable() for these positions and this head width.',
  }));
  return rotaryOp({ x }, { cos: table.cos, sin: table.sin }, { inverse });
}
