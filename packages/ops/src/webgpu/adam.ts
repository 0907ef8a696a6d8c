/** AdamW's step for one weight on webgpu, in one dispatch. */
import type { WebGpuHost } from '@famjs/backends/webgpu';
import type * as tf from '@tensorflow/tfjs-core';
import type { AdamStep } from '../adam.ts';
import { each } from './each.ts';

type Inputs = Record<'weight' | 'mean' | 'square' | 'shrink', tf.TensorInfo> & {
  gradient: tf.TensorInfo | undefined;
};

export function adamStep(
  host: WebGpuHost,
  { weight, mean, square, gradient, shrink }: Inputs,
  { beta1, beta2, epsilon, decay, rate }: AdamStep,
): tf.TensorInfo[] {
  const { shape } = weight;
  const outputs = {
    newWeight: host.output(shape),
    newMean: host.output(shape),
    newSquare: host.output(shape),
  };
  const count = shape.reduce((a, b) => a * b, 1);
  const code = () => `
    fn compute(index: u32) {
      var slope = 0.0;
      if (sizes.hasGradient == 1u) { slope = gradient[index] * shrink[0]; }
      let first = mean[index] * sizes.beta1 + slope * sizes.rest1;
      let second = square[index] * sizes.beta2 + slope * slope * sizes.rest2;
      newMean[index] = first;
      newSquare[index] = second;
      newWeight[index] = weight[index] * sizes.decay - first / (sqrt(second) + sizes.epsilon) * sizes.rate;
    }`;
  const inputs = { weight, mean, square, gradient, shrink };
  const counts = { hasGradient: gradient ? 1 : 0 };
  const factors = { beta1, beta2, rest1: 1 - beta1, rest2: 1 - beta2, epsilon, decay, rate };
  host.run(each(count, { key: 'AdamW step', code, inputs, outputs, counts, factors }));
  return Object.values(outputs);
}
