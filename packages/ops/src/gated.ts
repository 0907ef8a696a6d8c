/** Gated linear units (Shazeer, 2020): SwiGLU and GeGLU over a projection that holds the gate and the value side by side. */
import { require, ShapeError } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { kernelOp } from './kernel-op.ts';

export type GateActivation = 'silu' | 'gelu';

/** activation(gate) and its derivative. */
function activate(gate: tf.Tensor, activation: GateActivation): [value: tf.Tensor, slope: () => tf.Tensor] {
  if (activation === 'silu') {
    const sigmoid = tf.sigmoid(gate);
    const value = tf.mul(gate, sigmoid);
    return [value, () => tf.add(sigmoid, tf.mul(value, tf.sub(1, sigmoid)))];
  }
  const below = tf.mul(tf.add(tf.erf(tf.mul(gate, Math.SQRT1_2)), 1), 0.5);
  const density = () => tf.mul(tf.exp(tf.mul(tf.square(gate), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return [tf.mul(gate, below), () => tf.add(below, tf.mul(gate, density()))];
}

const halves = (gateUp: tf.Tensor) => tf.split(gateUp, 2, -1) as [tf.Tensor, tf.Tensor];

export const gatedOp = kernelOp<{ gateUp: tf.Tensor }, Record<never, never>, { activation: GateActivation }>({
  name: 'famjs/GatedLinearUnit',
  outputs: ['value'],
  forward({ gateUp }, { activation }) {
    const [gate, up] = halves(gateUp);
    return [tf.mul(activate(gate, activation)[0], up)];
  },
  backward(dy, { gateUp }, { activation }) {
    const [gate, up] = halves(gateUp);
    const [value, slope] = activate(gate, activation);
    return { gateUp: tf.concat([tf.mul(tf.mul(dy, up), slope()), tf.mul(dy, value)], -1) };
  },
});

/** silu(gate) · up, with gate and up the two halves of the last axis. [..., 2I] → [..., I]. */
export function swiGLU(gateUp: tf.Tensor): tf.Tensor {
  return gated(gateUp, 'silu');
}

/** gelu(gate) · up with the exact (erf) GELU. [..., 2I] → [..., I]. */
export function geGLU(gateUp: tf.Tensor): tf.Tensor {
  return gated(gateUp, 'gelu');
}

function gated(gateUp: tf.Tensor, activation: GateActivation): tf.Tensor {
  require(gateUp.shape.at(-1)! % 2 === 0, ShapeError, () => ({
    wrong: `A gated linear unit got activations of shape [${gateUp.shape}].`,
    expected: 'an even last axis that holds the gate and the value.',
    remedy: 'concatenate the gate and up projections along the last axis.',
  }));
  return gatedOp({ gateUp }, {}, { activation });
}
