/** Gated linear units (Shazeer, 2020): SwiGLU and GeGLU, exact or by tanh, over a projection that holds the gate and the value side by side. */
import { require, ShapeError } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { kernelOp } from './kernel-op.ts';

export type GateActivation = 'silu' | 'gelu' | 'gelu-tanh';

/** tanh's GELU is gate · σ(slope · (gate + cubic · gate³)), with σ(2x) for (1 + tanh x) / 2. */
export const tanhGelu = { slope: 2 * Math.sqrt(2 / Math.PI), cubic: 0.044715 } as const;

/** activation(gate) and its derivative. */
function activate(gate: tf.Tensor, activation: GateActivation): [value: tf.Tensor, slope: () => tf.Tensor] {
  if (activation === 'silu') {
    const sigmoid = tf.sigmoid(gate);
    const value = tf.mul(gate, sigmoid);
    return [value, () => tf.add(sigmoid, tf.mul(value, tf.sub(1, sigmoid)))];
  }
  if (activation === 'gelu-tanh') {
    const square = tf.square(gate);
    const bent = (cubic: number) => tf.mul(tf.add(tf.mul(square, cubic), 1), tanhGelu.slope);
    const sigmoid = tf.sigmoid(tf.mul(gate, bent(tanhGelu.cubic)));
    const value = tf.mul(gate, sigmoid);
    const along = () => tf.mul(tf.mul(value, tf.sub(1, sigmoid)), bent(3 * tanhGelu.cubic));
    return [value, () => tf.add(sigmoid, along())];
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

/** gelu(gate) · up with the GELU by tanh (Hendrycks and Gimpel, 2016; Gemma). [..., 2I] → [..., I]. */
export function tanhGeGLU(gateUp: tf.Tensor): tf.Tensor {
  return gated(gateUp, 'gelu-tanh');
}

function gated(gateUp: tf.Tensor, activation: GateActivation): tf.Tensor {
  require(gateUp.shape.at(-1)! % 2 === 0, ShapeError, () => ({
    wrong: `A gated linear unit got activations of shape [${gateUp.shape}].`,
    expected: 'an even last axis that holds the gate and the value.',
    remedy: 'concatenate the gate and up projections along the last axis.',
  }));
  return gatedOp({ gateUp }, {}, { activation });
}
