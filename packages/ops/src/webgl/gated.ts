/** Gated linear units on webgl: one pass each way, over two rows by two columns at once. */
import type { WebglHost } from '@famjs/backends/webgl';
import type * as tf from '@tensorflow/tfjs-core';
import { type GateActivation, tanhGelu } from '../gated.ts';

type Inputs = { gateUp: tf.TensorInfo };
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

export function gated(host: WebglHost, { gateUp }: Inputs, { activation }: Attributes): tf.TensorInfo[] {
  const width = gateUp.shape.at(-1)! / 2;
  const y = host.compute({
    shape: [...gateUp.shape.slice(0, -1), width],
    width,
    code: `
      ${activations[activation]}
      ${upOf(width)}
      vec4 values(int row, int column) {
        vec4 slope;
        return activate(gateUp2x2(row, column), slope) * up(row, column);
      }`,
    tensors: { gateUp },
    widths: { gateUp: 2 * width },
    integers: { width },
  });
  return [y];
}

export function gatedGradient(
  host: WebglHost,
  { gateUp, dy }: Inputs & { dy: tf.TensorInfo },
  { activation }: Attributes,
): tf.TensorInfo[] {
  const width = gateUp.shape.at(-1)! / 2;
  const aligned = width % 2 === 0;
  const element = (row: string, column: string) => `gradient(${row}, ${column})`;
  // Two columns that stand side by side belong to one half, unless the halves have odd widths.
  const gradient = host.compute({
    shape: gateUp.shape,
    width: 2 * width,
    code: `
      ${activations[activation]}
      ${aligned ? upOf(width) : ''}
      vec4 product(bool isGate, vec4 gate, vec4 up, vec4 dy) {
        vec4 slope, value = activate(gate, slope);
        return dy * (isGate ? up * slope : value);
      }
      ${
        aligned
          ? `vec4 values(int row, int column) {
              bool isGate = column < width;
              int own = isGate ? column : column - width;
              return product(isGate, gateUp2x2(row, own), up(row, own), dy2x2(row, own));
            }`
          : `float gradient(int row, int column) {
              bool isGate = column < width;
              int own = isGate ? column : column - width, at = row * 2 * width + own;
              return product(isGate, vec4(gateUp(at)), vec4(gateUp(at + width)), vec4(dy(row * width + own))).x;
            }
            vec4 values(int row, int column) {
              return vec4(${element('row', 'column')}, ${element('row', 'column + 1')},
                ${element('row + 1', 'column')}, ${element('row + 1', 'column + 1')});
            }`
      }`,
    tensors: { gateUp, dy },
    widths: aligned ? { gateUp: 2 * width, dy: width } : {},
    integers: { width },
  });
  return [gradient];
}

/** GLSL of `vec4 up(row, column)`, which begins in the middle of a texel where the width is odd. */
function upOf(width: number): string {
  const whole = 'return gateUp2x2(row, column + width);';
  const parts = `
    int at = row * 2 * width + width + column;
    return vec4(gateUp(at), gateUp(at + 1), gateUp(at + 2 * width), gateUp(at + 2 * width + 1));`;
  return `vec4 up(int row, int column) { ${width % 2 === 0 ? whole : parts} }`;
}
