/** Registers attention for the webgpu backend. */
import { registerWebGpuKernels, type WebGpuKernel } from '@famjs/backends/webgpu';
import { kernelsFor } from '@famjs/ops';
import { blockAttentionOp } from '../attention.ts';
import type {
  AttentionAttributes,
  AttentionResults,
  AttentionTensors,
  GradientAttributes,
} from '../problem.ts';
import { plainCalls } from '../terms.ts';
import { dotsOfValues } from './delta.ts';
import { areFew, attendOneByOne } from './few.ts';
import { attendInTiles } from './forward.ts';
import { differentiateKeys } from './key-gradient.ts';
import { differentiateQueries } from './query-gradient.ts';
import { pose } from './structure.ts';

export const install = () =>
  registerWebGpuKernels(kernelsFor(blockAttentionOp, { forward, gradient: backward, ...plainCalls }));

const forward: WebGpuKernel<AttentionTensors, AttentionAttributes> = (host, tensors, attributes) => {
  const value = host.output(tensors.q.shape);
  const logSumExp = host.output(tensors.q.shape.slice(0, 4));
  const posed = pose(host, tensors, attributes);
  const attend = areFew(posed.sizes) ? attendOneByOne : attendInTiles;
  attend(host, tensors, posed, { value, logSumExp });
  return [value, logSumExp];
};

const backward: WebGpuKernel<AttentionTensors & AttentionResults, GradientAttributes> = (
  host,
  tensors,
  { gradientsOf, ...attributes },
) => {
  const { logSumExp } = tensors;
  const posed = pose(host, tensors, attributes, { logSumExp, delta: dotsOfValues(host, tensors) });
  const gradients = Object.fromEntries(gradientsOf.map((name) => [name, host.output(tensors[name]!.shape)]));
  differentiateQueries(host, tensors, posed, gradients.q!);
  const { M, F, m, reach } = posed.counts;
  const segments = [
    { keys: 'k', values: 'v', before: 0, span: m, reach },
    { keys: 'famK', values: 'famV', before: 0, span: 0, reach: F },
    { keys: 'memoryK', values: 'memoryV', before: m, span: m, reach: M },
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
