/** AdamW's step for one weight on webgl, in one draw call. */
import type { WebglHost } from '@famjs/backends/webgl';
import type * as tf from '@tensorflow/tfjs-core';
import type { AdamStep } from '../adam.ts';

type Inputs = Record<'weight' | 'mean' | 'square' | 'shrink', tf.TensorInfo> & {
  gradient: tf.TensorInfo | undefined;
};

export function adamStep(
  host: WebglHost,
  { weight, mean, square, gradient, shrink }: Inputs,
  { beta1, beta2, epsilon, decay, rate }: AdamStep,
): tf.TensorInfo[] {
  const width = weight.shape.at(-1) ?? 1;
  const factors = { beta1, beta2, rest1: 1 - beta1, rest2: 1 - beta2, epsilon, decay, rate };
  return host.computeAll(3, {
    shape: weight.shape,
    width,
    code: `
      vec4[3] values(int row, int column) {
        vec4 slope = ${gradient ? 'gradient2x2(row, column) * shrink(0)' : 'vec4(0.0)'};
        vec4 first = beta1 * mean2x2(row, column) + rest1 * slope;
        vec4 second = beta2 * square2x2(row, column) + rest2 * slope * slope;
        vec4 updated = decay * weight2x2(row, column) - rate * first / (sqrt(second) + epsilon);
        return vec4[3](updated, first, second);
      }`,
    tensors: { weight, mean, square, ...(gradient && { gradient, shrink }) },
    widths: { weight: width, mean: width, square: width, gradient: width },
    floats: factors,
  });
}
