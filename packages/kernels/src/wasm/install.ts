/** Registers attention for the wasm backend: an AssemblyScript module that works in the backend's own memory. */
import { registerWasmKernels, type WasmHost, type WasmKernel } from '@famjs/backends/wasm';
import { kernelsFor } from '@famjs/ops';
import { blockAttentionOp } from '../attention.ts';
import {
  type AttentionAttributes,
  type AttentionResults,
  type AttentionTensors,
  type GradientAttributes,
  sizesOf,
} from '../problem.ts';
import { plainCalls } from '../terms.ts';
import { binary } from './module.wasm.ts';

/** What `assembly/index.ts` exports. A problem is the address of its record, tensors are addresses of their values. */
interface Exports {
  scratchBytes(rows: number, D: number): number;
  describe(problem: number, ...sizes: number[]): void;
  nameTensors(problem: number, ...tensors: number[]): void;
  nameGradients(problem: number, ...gradients: number[]): void;
  forward(problem: number, value: number, logSumExp: number): void;
  backward(problem: number, value: number, logSumExp: number, dy: number): void;
}

const inputNames = ['q', 'k', 'v', 'famK', 'famV', 'memoryK', 'memoryV'] as const;
const constantNames = ['visible', 'rotationCos', 'rotationSin'] as const;

export const install = () =>
  registerWasmKernels<Exports>(
    binary,
    kernelsFor(blockAttentionOp, { forward, gradient: backward, ...plainCalls }),
  );

const forward: WasmKernel<Exports, AttentionTensors, AttentionAttributes> = (host, tensors, attributes) => {
  const value = host.output(tensors.q.shape);
  const logSumExp = host.output(tensors.q.shape.slice(0, 4));
  host.run.forward(pose(host, tensors, attributes), value.address, logSumExp.address);
  return [value.info, logSumExp.info];
};

const backward: WasmKernel<Exports, AttentionTensors & AttentionResults, GradientAttributes> = (
  host,
  { value, logSumExp, dy, ...tensors },
  { gradientsOf, ...attributes },
) => {
  const gradients = gradientsOf.map((name) => host.output(tensors[name]!.shape));
  const problem = pose(host, tensors, attributes);
  host.run.nameGradients(
    problem,
    ...inputNames.map((name) => gradients[gradientsOf.indexOf(name)]?.address ?? 0),
  );
  host.run.backward(problem, host.address(value), host.address(logSumExp), host.address(dy));
  return gradients.map(({ info }) => info);
};

/** Describes a call to the module. */
function pose(
  host: WasmHost<Exports>,
  tensors: AttentionTensors,
  { causalOffset, scale }: AttentionAttributes,
): number {
  const { B, T, N, M, H, Hkv, D, F, m, C } = sizesOf(tensors);
  const reach = causalOffset === undefined ? M : Math.min(causalOffset + 1, M);
  const problem = host.scratch(host.run.scratchBytes((H / Hkv) * N, D));
  host.run.describe(problem, B, T, N, M, H, Hkv, D, F, m, C, reach, scale);
  const addressOf = (name: keyof AttentionTensors) => (tensors[name] ? host.address(tensors[name]) : 0);
  host.run.nameTensors(problem, ...[...inputNames, ...constantNames].map(addressOf));
  return problem;
}
