/** Registers attention for the wasm backend: an AssemblyScript module that works in the backend's own memory. */
import { registerWasmKernels, type WasmHost, type WasmKernel } from '@famjs/backends/wasm';
import { kernelFor, kernelsFor } from '@famjs/ops';
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

/** What `assembly/index.ts` exports. A problem is the address of its record, tensors are addresses of their values. */
interface Exports {
  scratchBytes(rows: number, width: number): number;
  describe(problem: number, ...sizes: number[]): void;
  place(problem: number, ...places: number[]): void;
  nameTensors(problem: number, ...tensors: number[]): void;
  nameGradients(problem: number, ...gradients: number[]): void;
  forward(problem: number, value: number, logSumExp: number): void;
  backward(problem: number, value: number, logSumExp: number, dy: number): void;
}

const inputNames = [
  ...(['q', 'k', 'v', 'famK', 'famV'] as const),
  ...(['memoryK', 'memoryV', 'sinksK', 'sinksV'] as const),
];
const constantNames = ['visible', 'rotationCos', 'rotationSin'] as const;

/** Tokens of a window that hides nothing. */
const ENDLESS = 2 ** 30;

const modules = {
  relaxed: () => import('./relaxed.wasm.ts'),
  simd: () => import('./simd.wasm.ts'),
};

export const install = () =>
  registerWasmKernels<Exports>(modules, [
    ...kernelsFor(blockAttentionOp, { forward, gradient: backward }),
    ...kernelFor(stepAttentionKernel, step),
  ]);

const forward: WasmKernel<Exports, AttentionTensors, AttentionAttributes> = (host, tensors, attributes) => {
  const problem = problemOf(tensors, attributes);
  const { B, T, N, H, Dv } = problem;
  const value = host.output([B, T, N, H, Dv]);
  const logSumExp = host.output([B, T, N, H]);
  host.run.forward(pose(host, tensors, problem), value.address, logSumExp.address);
  return [value.info, logSumExp.info];
};

const backward: WasmKernel<Exports, AttentionTensors & AttentionResults, GradientAttributes> = (
  host,
  { value, logSumExp, dy, ...tensors },
  { gradientsOf, ...attributes },
) => {
  const gradients = gradientsOf.map((name) => host.output(tensors[name]!.shape));
  const posed = pose(host, tensors, problemOf(tensors, attributes));
  host.run.nameGradients(
    posed,
    ...inputNames.map((name) => gradients[gradientsOf.indexOf(name)]?.address ?? 0),
  );
  host.run.backward(posed, host.address(value), host.address(logSumExp), host.address(dy));
  return gradients.map(({ info }) => info);
};

const step: WasmKernel<Exports, StepTensors, StepAttributes> = (host, given, attributes) => {
  const { tensors, problem } = stepProblemOf(given, attributes);
  const { B, N, H, Dv } = problem;
  const value = host.output([B, N, H, Dv]);
  const logSumExp = host.output([B, N, H]);
  host.run.forward(pose(host, tensors, problem), value.address, logSumExp.address);
  return value.info;
};

/** Describes a call to the module. */
function pose(host: WasmHost<Exports>, tensors: AttentionTensors, problem: Problem): number {
  const { B, T, N, M, H, Hkv, D, Dv, F, S, m, C, causalOffset, window = ENDLESS, scale } = problem;
  const { ownPitch, ownFirst, memoryPitch, memoryFirst, sinksBack } = problem;
  const reach = causalOffset === undefined ? M : Math.min(causalOffset + 1, M);
  const posed = host.scratch(host.run.scratchBytes((H / Hkv) * N, Math.max(D, Dv)));
  host.run.describe(posed, B, T, N, M, H, Hkv, D, Dv, F, S, m, C, reach, Math.min(window, ENDLESS), scale);
  host.run.place(posed, ownPitch, ownFirst, memoryPitch, memoryFirst, sinksBack);
  const addressOf = (name: keyof AttentionTensors) => (tensors[name] ? host.address(tensors[name]) : 0);
  host.run.nameTensors(posed, ...[...inputNames, ...constantNames].map(addressOf));
  return posed;
}
