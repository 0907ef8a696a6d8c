/** Registers attention for the tensorflow backend. */
import * as tf from '@tensorflow/tfjs-core';
import type { AttentionAttributes, AttentionTensors, GradientAttributes } from '../problem.ts';
import { plainCalls, take } from '../terms.ts';
import { backward, forward, type Given } from './attention.ts';

export function install(): void {
  register<AttentionAttributes>('famjs/BlockAttention', (given, attributes) => forward(given, attributes));
  register<GradientAttributes>('famjs/BlockAttentionGrad', (given, { gradientsOf, ...attributes }) => {
    const kept = Object.entries(given).flatMap(([name, tensor]) =>
      name.startsWith('kept') ? [tensor!] : [],
    );
    const gradients = backward(given as never, kept, attributes);
    return gradientsOf.map((name) => gradients[name]!);
  });
  take('tensorflow', plainCalls);
}

function register<Attributes>(
  kernelName: string,
  kernel: (given: Given<AttentionTensors>, attributes: Attributes) => tf.Tensor[],
): void {
  if (tf.getKernel(kernelName, 'tensorflow')) return;
  const config: tf.KernelConfig & { residuals: string } = {
    kernelName,
    backendName: 'tensorflow',
    residuals: 'kept',
    kernelFunc: ({ inputs, attrs }) => tf.tidy(() => kernel(inputs as never, attrs as Attributes)),
  };
  tf.registerKernel(config);
}
