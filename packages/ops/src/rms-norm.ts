/** RMSNorm (Zhang and Sennrich, 2019): division by the root mean square over the width. */
import { require, ShapeError } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { kernelOp } from './kernel-op.ts';

type Inputs = { x: tf.Tensor; gain: tf.Tensor | undefined };

export const rmsNormOp = kernelOp<Inputs, Record<never, never>, { epsilon: number }, 'value' | 'inverse'>({
  name: 'famjs/RmsNorm',
  outputs: ['value', 'inverse'],
  reads: () => ['x', 'gain', 'inverse'],
  forward({ x, gain }, { epsilon }) {
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon));
    const unit = tf.mul(x, inverse);
    return [gain ? tf.mul(unit, gain) : unit, inverse];
  },
  backward(dy, { x, gain, inverse }) {
    const unit = tf.mul(x, inverse);
    const dUnit = gain ? tf.mul(dy, gain) : dy;
    const along = tf.mean(tf.mul(dUnit, unit), -1, true);
    const dx = tf.mul(tf.sub(dUnit, tf.mul(unit, along)), inverse);
    if (!gain) return { x: dx };
    const width = gain.size;
    return { x: dx, gain: tf.sum(tf.reshape(tf.mul(dy, unit), [-1, width]), 0) };
  },
});

/**
 * x / sqrt(mean(x²) + epsilon) · gain, over the last axis.
 *
 * @param x [..., d]
 * @param gain [d], or undefined for none
 * @returns [..., d]
 * @throws ShapeError when the gain's width is not that of x
 */
export function rmsNorm(x: tf.Tensor, gain: tf.Tensor | undefined, epsilon: number): tf.Tensor {
  requireWidth('RMSNorm', x, gain);
  return rmsNormOp({ x, gain }, {}, { epsilon });
}

export function requireWidth(op: string, x: tf.Tensor, gain: tf.Tensor | undefined): void {
  const width = x.shape.at(-1);
  require(!gain || (gain.rank === 1 && gain.shape[0] === width), ShapeError, () => ({
    wrong: `${op} got a gain of shape [${gain!.shape}] for activations of shape [${x.shape}].`,
    expected: `a gain of shape [${width}].`,
    remedy: 'pass the norm weights that belong to this width.',
  }));
}
