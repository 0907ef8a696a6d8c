/** What the kernels of this folder see of their WebAssembly module, whose source is `assembly/index.ts`. */
import type { WasmHost } from '@famjs/backends/wasm';

type FunctionName =
  | 'blockDots'
  | 'blockMatMul'
  | 'copyRows'
  | 'crossEntropy'
  | 'crossEntropyGradient'
  | 'embedding'
  | 'embeddingGradient'
  | 'gated'
  | 'gatedGradient'
  | 'matMul'
  | 'matMulByDots'
  | 'rmsNorm'
  | 'rmsNormGradient'
  | 'rotary'
  | 'widenedRows';

/** Tensors are byte addresses. */
export interface Exports extends Record<FunctionName, (...values: (number | boolean)[]) => void> {
  blockDotsScratch(rows: number, depth: number): number;
  blockMatMulScratch(): number;
  matMulScratch(): number;
}

export type Host = WasmHost<Exports>;

/** The attribute that names the inputs whose gradients a kernel returns, in their order. */
export interface GradientsOf<Name extends string> {
  gradientsOf: Name[];
}
