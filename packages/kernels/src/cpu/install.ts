/** Registers attention for the cpu backend. */
import { type CpuKernel, registerCpuKernels } from '@famjs/backends/cpu';
import { kernelsFor } from '@famjs/ops';
import type * as tf from '@tensorflow/tfjs-core';
import { blockAttentionOp } from '../attention.ts';
import { plainCalls } from '../terms.ts';
import { backward, forward, type Kernel } from './attention.ts';

export const install = () =>
  registerCpuKernels(
    kernelsFor(blockAttentionOp, { forward: onArrays(forward), gradient: onArrays(backward), ...plainCalls }),
  );

function onArrays<Tensors extends object, Attributes>(
  kernel: Kernel<Tensors, Attributes>,
): CpuKernel<Tensors, Attributes> {
  return (host, tensors, attributes) => {
    const given = Object.entries(tensors) as [string, tf.TensorInfo][];
    const values = Object.fromEntries(given.map(([name, tensor]) => [name, host.values(tensor)]));
    const outputs = kernel(tensors, values as Record<keyof Tensors, Float32Array>, attributes);
    return outputs.map(({ shape, values }) => host.output(shape, values));
  };
}
