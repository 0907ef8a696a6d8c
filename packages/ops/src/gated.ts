/** Gated linear units (Shazeer, 2020): SwiGLU and GeGLU, exact or by tanh, over a gate and what passes it. */
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

type Inputs = { gate: tf.Tensor; up: tf.Tensor };

export const gatedOp = kernelOp<Inputs, Record<never, never>, { activation: GateActivation }>({
  name: 'famjs/GatedLinearUnit',
  outputs: ['value'],
  reads: () => ['gate', 'up'],
  forward: ({ gate, up }, { activation }) => [tf.mul(activate(gate, activation)[0], up)],
  backward(dy, { gate, up }, { activation }) {
    const [value, slope] = activate(gate, activation);
    return { gate: tf.mul(tf.mul(dy, up), slope()), up: tf.mul(dy, value) };
  },
});

/** silu(gate) · up, of equal shapes. */
export function swiGLU(gate: tf.Tensor, up: tf.Tensor): tf.Tensor {
  return gated(gate, up, 'silu');
}

/** gelu(gate) · up with the exact (erf) GELU, of equal shapes. */
export function geGLU(gate: tf.Tensor, up: tf.Tensor): tf.Tensor {
  return gated(gate, up, 'gelu');
}

/** gelu(gate) · up with the GELU by tanh (Hendrycks and Gimpel, 2016; Gemma), of equal shapes. */
export function tanhGeGLU(gate: tf.Tensor, up: tf.Tensor): tf.Tensor {
  return gated(gate, up, 'gelu-tanh');
}

/** @throws ShapeError when the shapes differ */
function gated(gate: tf.Tensor, up: tf.Tensor, activation: GateActivation): tf.Tensor {
  require(tf.util.arraysEqual(gate.shape, up.shape), ShapeError, () => ({
    wrong: `A gated linear unit got a gate of shape [${gate.shape}] for values of shape [${up.shape}].`,
    expected: 'equal shapes.',
    remedy: 'check the gate and up projections, which have equally many outputs.',
  }));
  return gatedOp({ gate, up }, {}, { activation });
}
