/** Registers attention for the cpu backend. */
import { type CpuHost, type CpuKernel, registerCpuKernels } from '@famjs/backends/cpu';
import { kernelFor, kernelsFor } from '@famjs/ops';
import type * as tf from '@tensorflow/tfjs-core';
import { blockAttentionOp } from '../attention.ts';
import {
  type AttentionAttributes,
  type AttentionResults,
  type AttentionTensors,
  type GradientAttributes,
  problemOf,
  type StepAttributes,
  type StepTensors,
  stepProblemOf,
} from '../problem.ts';
import { stepAttentionKernel } from '../step.ts';
import { backward, forward, type Values } from './attention.ts';

export const install = () =>
  registerCpuKernels([
    ...kernelsFor(blockAttentionOp, { forward: attend, gradient: differentiate }),
    ...kernelFor(stepAttentionKernel, step),
  ]);

const attend: CpuKernel<AttentionTensors, AttentionAttributes> = (host, tensors, attributes) => {
  const problem = problemOf(tensors, attributes);
  const { B, T, N, H, Dv } = problem;
  const { value, logSumExp } = forward(problem, valuesOf(host, tensors));
  return [host.output([B, T, N, H, Dv], value), host.output([B, T, N, H], logSumExp)];
};

const differentiate: CpuKernel<AttentionTensors & AttentionResults, GradientAttributes> = (
  host,
  tensors,
  { gradientsOf, ...attributes },
) => {
  const gradients = backward(problemOf(tensors, attributes), valuesOf(host, tensors), gradientsOf);
  return gradients.map((values, i) => host.output(tensors[gradientsOf[i]!]!.shape, values));
};

const step: CpuKernel<StepTensors, StepAttributes> = (host, given, attributes) => {
  const { tensors, problem } = stepProblemOf(given, attributes);
  const { B, N, H, Dv } = problem;
  return host.output([B, N, H, Dv], forward(problem, valuesOf(host, tensors)).value);
};

function valuesOf<Tensors extends object>(host: CpuHost, tensors: Tensors): Values<Tensors> {
  const given = Object.entries(tensors) as [string, tf.TensorInfo | undefined][];
  return Object.fromEntries(
    given.flatMap(([name, tensor]) => (tensor ? [[name, host.values(tensor)]] : [])),
  ) as Values<Tensors>;
}
