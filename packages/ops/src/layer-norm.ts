/** LayerNorm (Ba et al., 2016): mean zero and variance one over the width. */
import * as tf from '@tensorflow/tfjs-core';
import { kernelOp } from './kernel-op.ts';
import { requireWidth } from './rms-norm.ts';

type Inputs = { x: tf.Tensor; gain: tf.Tensor; bias: tf.Tensor | undefined };

export const layerNormOp = kernelOp<
  Inputs,
  Record<never, never>,
  { epsilon: number },
  'value' | 'unit' | 'inverse'
>({
  name: 'famjs/LayerNorm',
  outputs: ['value', 'unit', 'inverse'],
  forward({ x, gain, bias }, { epsilon }) {
    const centred = tf.sub(x, tf.mean(x, -1, true));
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
    const unit = tf.mul(centred, inverse);
    const scaled = tf.mul(unit, gain);
    return [bias ? tf.add(scaled, bias) : scaled, unit, inverse];
  },
  backward(dy, { gain, bias, unit, inverse }) {
    const rows = (t: tf.Tensor) => tf.reshape(t, [-1, gain.size]);
    const dUnit = tf.mul(dy, gain);
    const along = tf.mean(tf.mul(dUnit, unit), -1, true);
    const dx = tf.mul(tf.sub(tf.sub(dUnit, tf.mean(dUnit, -1, true)), tf.mul(unit, along)), inverse);
    const dGain = tf.sum(rows(tf.mul(dy, unit)), 0);
    return bias ? { x: dx, gain: dGain, bias: tf.sum(rows(dy), 0) } : { x: dx, gain: dGain };
  },
});

/**
 * (x − mean) / sqrt(variance + epsilon) · gain + bias, over the last axis.
 *
 * @param x [..., d]
 * @param gain [d]
 * @param bias [d], or undefined for none
 * @returns [..., d]
 * @throws ShapeError when gain or bias is not as wide as x
 */
export function layerNorm(
  x: tf.Tensor,
  gain: tf.Tensor,
  bias: tf.Tensor | undefined,
  epsilon: number,
): tf.Tensor {
  requireWidth('LayerNorm', x, gain);
  requireWidth('LayerNorm', x, bias);
  return layerNormOp({ x, gain, bias }, {}, { epsilon });
}
