/** Registers attention for the webgpu backend. */
import { registerWebGpuKernels, type WebGpuHost, type WebGpuKernel } from '@famjs/backends/webgpu';
import { kernelFor, kernelsFor } from '@famjs/ops';
import type * as tf from '@tensorflow/tfjs-core';
import { blockAttentionOp } from '../attention.ts';
import {
  type AttentionAttributes,
  type AttentionResults,
  type AttentionTensors,
  type GradientAttributes,
  type Problem,
  problemOf,
  type StepAttributes,
  type StepTensors,
  stepProblemOf,
} from '../problem.ts';
import { stepAttentionKernel } from '../step.ts';
import { deltaOf } from './delta.ts';
import { areFew, attendOneByOne } from './few.ts';
import { attendInTiles } from './forward.ts';
import { differentiateKeys } from './key-gradient.ts';
import { differentiateQueries } from './query-gradient.ts';
import { ENDLESS, pose } from './structure.ts';

export const install = () =>
  registerWebGpuKernels([
    ...kernelsFor(blockAttentionOp, { forward, gradient: backward }),
    ...kernelFor(stepAttentionKernel, step),
  ]);

const forward: WebGpuKernel<AttentionTensors, AttentionAttributes> = (host, tensors, attributes) => {
  const problem = problemOf(tensors, attributes);
  const { B, T, N, H, Dv } = problem;
  return attend(host, tensors, problem, host.output([B, T, N, H, Dv]), host.output([B, T, N, H]));
};

const step: WebGpuKernel<StepTensors, StepAttributes> = (host, given, attributes) => {
  const { tensors, problem } = stepProblemOf(given, attributes);
  const { B, N, H, Dv } = problem;
  return attend(host, tensors, problem, host.output([B, N, H, Dv]), host.output([B, N, H]))[0]!;
};

function attend(
  host: WebGpuHost,
  tensors: AttentionTensors,
  problem: Problem,
  value: tf.TensorInfo,
  logSumExp: tf.TensorInfo,
): tf.TensorInfo[] {
  const posed = pose(host, tensors, problem);
  const run = areFew(posed.sizes) ? attendOneByOne : attendInTiles;
  run(host, tensors, posed, { value, logSumExp });
  return [value, logSumExp];
}

const backward: WebGpuKernel<AttentionTensors & AttentionResults, GradientAttributes> = (
  host,
  tensors,
  { gradientsOf, ...attributes },
) => {
  const { logSumExp } = tensors;
  const problem = problemOf(tensors, attributes);
  const posed = pose(host, tensors, problem, { logSumExp, delta: deltaOf(host, tensors) });
  const gradients = Object.fromEntries(gradientsOf.map((name) => [name, host.output(tensors[name]!.shape)]));
  differentiateQueries(host, tensors, posed, gradients.q!);
  const { T, M, F, S, m, C } = problem;
  const { reach, window } = posed.counts;
  const block = { span: m, window, areSinks: 0 } as const;
  const alone = { before: 0, span: 0, window: ENDLESS } as const;
  const segments = [
    { keys: 'k', values: 'v', blocks: T, length: M, before: 0, reach, ...block },
    { keys: 'memoryK', values: 'memoryV', blocks: m, length: C, before: m, reach, ...block },
    { keys: 'famK', values: 'famV', blocks: T, length: F, reach: F, areSinks: 0, ...alone },
    { keys: 'sinksK', values: 'sinksV', blocks: 1, length: S, reach: S, areSinks: 1, ...alone },
  ] as const;
  for (const { keys, values, ...place } of segments) {
    if (!gradients[keys] || !gradients[values]) continue;
    const [dKeys, dValues] = [gradients[keys], gradients[values]];
    differentiateKeys(
      host,
      { keys: tensors[keys]!, values: tensors[values]!, dKeys, dValues, ...place },
      tensors,
      posed,
    );
  }
  return gradientsOf.map((name) => gradients[name]!);
};
