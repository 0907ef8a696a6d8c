/** Gated linear units on webgl: one pass each way, over two rows by two columns at once. */
import type { WebglHost } from '@famjs/backends/webgl';
import type * as tf from '@tensorflow/tfjs-core';
import { type GateActivation, tanhGelu } from '../gated.ts';

type Inputs = { gate: tf.TensorInfo; up: tf.TensorInfo };
type Attributes = { activation: GateActivation };

/** GLSL of activation(gate) and its derivative. The error function: Abramowitz and Stegun, 7.1.26, to 1.5e-7. */
const activations: Record<GateActivation, string> = {
  silu: `
    vec4 activate(vec4 gate, out vec4 slope) {
      vec4 sigmoid = 1.0 / (1.0 + exp(-gate)), value = gate * sigmoid;
      slope = sigmoid + value * (1.0 - sigmoid);
      return value;
    }`,
  gelu: `
    vec4 activate(vec4 gate, out vec4 slope) {
      vec4 x = abs(gate) * ${Math.SQRT1_2}, t = 1.0 / (1.0 + 0.3275911 * x), power = exp(-x * x);
      vec4 tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) * power;
      vec4 below = mix(1.0 - 0.5 * tail, 0.5 * tail, lessThan(gate, vec4(0.0)));
      slope = below + gate * power * ${1 / Math.sqrt(2 * Math.PI)};
      return gate * below;
    }`,
  'gelu-tanh': `
    vec4 activate(vec4 gate, out vec4 slope) {
      vec4 square = gate * gate, inner = ${tanhGelu.slope} * (1.0 + ${tanhGelu.cubic} * square);
      vec4 sigmoid = 1.0 / (1.0 + exp(-gate * inner)), value = gate * sigmoid;
      slope = sigmoid + value * (1.0 - sigmoid) * ${tanhGelu.slope} * (1.0 + ${3 * tanhGelu.cubic} * square);
      return value;
    }`,
};

export function gated(host: WebglHost, { gate, up }: Inputs, { activation }: Attributes): tf.TensorInfo[] {
  const width = gate.shape.at(-1) ?? 1;
  const y = host.compute({
    shape: gate.shape,
    width,
    code: `
      ${activations[activation]}
      vec4 values(int row, int column) {
        vec4 slope;
        return activate(gate2x2(row, column), slope) * up2x2(row, column);
      }`,
    tensors: { gate, up },
    widths: { gate: width, up: width },
  });
  return [y];
}

export function gatedGradient(
  host: WebglHost,
  { gate, up, dy }: Inputs & { dy: tf.TensorInfo },
  { activation, gradientsOf }: Attributes & { gradientsOf: ('gate' | 'up')[] },
): tf.TensorInfo[] {
  const width = gate.shape.at(-1) ?? 1;
  const [dGate, dUp] = host.computeAll(2, {
    shape: gate.shape,
    width,
    code: `
      ${activations[activation]}
      vec4[2] values(int row, int column) {
        vec4 slope, value = activate(gate2x2(row, column), slope), dy = dy2x2(row, column);
        return vec4[2](dy * up2x2(row, column) * slope, dy * value);
      }`,
    tensors: { gate, up, dy },
    widths: { gate: width, up: width, dy: width },
  });
  const gradients = { gate: dGate!, up: dUp! };
  return gradientsOf.map((name) => gradients[name]);
}
