/** Gated linear units on webgpu: one pass forwards and one backwards. */
import type { WebGpuHost } from '@famjs/backends/webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { type GateActivation, tanhGelu } from '../gated.ts';
import { each } from './each.ts';

type Inputs = { gate: tf.TensorInfo; up: tf.TensorInfo };
type Attributes = { activation: GateActivation };

export function gated(host: WebGpuHost, { gate, up }: Inputs, { activation }: Attributes): tf.TensorInfo[] {
  const value = host.output(gate.shape);
  const code = () => `
    ${activations[activation]}
    fn compute(index: u32) { value[index] = activate(gate[index]).x * up[index]; }`;
  const key = `gated ${activation}`;
  host.run(each(tf.util.sizeFromShape(gate.shape), { key, code, inputs: { gate, up }, outputs: { value } }));
  return [value];
}

export function gatedGradient(
  host: WebGpuHost,
  { gate, up, dy }: Inputs & { dy: tf.TensorInfo },
  { activation, gradientsOf }: Attributes & { gradientsOf: ('gate' | 'up')[] },
): tf.TensorInfo[] {
  const gradients = { gate: host.output(gate.shape), up: host.output(up.shape) };
  const code = () => `
    ${activations[activation]}
    fn compute(index: u32) {
      let activated = activate(gate[index]);
      dGate[index] = dy[index] * up[index] * activated.y;
      dUp[index] = dy[index] * activated.x;
    }`;
  const key = `gated ${activation} gradient`;
  const tensors = { inputs: { gate, up, dy }, outputs: { dGate: gradients.gate, dUp: gradients.up } };
  host.run(each(tf.util.sizeFromShape(gate.shape), { key, code, ...tensors }));
  return gradientsOf.map((name) => gradients[name]);
}

/** Value and slope. No power overflows: WGSL may take it for granted that no number is infinite. */
const activations: Record<GateActivation, string> = {
  silu: `
    fn activate(gate: f32) -> vec2<f32> {
      let power = exp(-abs(gate));
      let sigmoid = select(power, 1.0, gate >= 0.0) / (1.0 + power);
      let value = gate * sigmoid;
      return vec2(value, sigmoid + value * (1.0 - sigmoid));
    }`,
  // erf by Abramowitz and Stegun, 7.1.26, off by 1.5e-7 at most.
  gelu: `
    fn activate(gate: f32) -> vec2<f32> {
      let power = exp(-0.5 * gate * gate);
      let t = 1.0 / (1.0 + 0.3275911 * ${Math.SQRT1_2} * abs(gate));
      let tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
      let half = 0.5 * tail * power;
      let below = select(half, 1.0 - half, gate >= 0.0);
      return vec2(gate * below, below + gate * power * ${1 / Math.sqrt(2 * Math.PI)});
    }`,
  'gelu-tanh': `
    fn activate(gate: f32) -> vec2<f32> {
      let square = gate * gate;
      let inner = gate * ${tanhGelu.slope} * (1.0 + ${tanhGelu.cubic} * square);
      let power = exp(-abs(inner));
      let sigmoid = select(power, 1.0, gate >= 0.0) / (1.0 + power);
      let value = gate * sigmoid;
      let along = ${tanhGelu.slope} * (1.0 + ${3 * tanhGelu.cubic} * square);
      return vec2(value, sigmoid + value * (1.0 - sigmoid) * along);
    }`,
};
