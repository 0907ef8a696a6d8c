import './provide.ts';

export { type AdamState, type AdamStep, adamStep } from './adam.ts';
export { type BlockDtype, blockTypes, brokenBlock } from './block-types.ts';
export { tokenCrossEntropy, tokenCrossEntropyOp } from './cross-entropy.ts';
export { embedding, embeddingOp } from './embedding.ts';
export { filled } from './filled.ts';
export { type GateActivation, gatedOp, geGLU, swiGLU, tanhGeGLU } from './gated.ts';
export { headCrossEntropy, headCrossEntropyOp } from './head-cross-entropy.ts';
export {
  type KernelOp,
  type KernelTerms,
  kernelOp,
  type RunnableKernelOp,
  runKernel,
  type Tensors,
  withFrozen,
} from './kernel-op.ts';
export { kernelFor, kernelsFor } from './kernels-for.ts';
export { layerNorm, layerNormOp } from './layer-norm.ts';
export { type Adapter, linear, linearOp, type Projection } from './linear.ts';
export { type PlainKernel, plainKernel } from './plain-kernel.ts';
export { plus } from './plus.ts';
export {
  fitsBlocks,
  isQuantised,
  type Quantised,
  quantised,
  sharedWeight,
  type Weight,
  widened,
  widenedRows,
  widenedRowsKernel,
  withRows,
} from './quantised.ts';
export { quantisedLinearOp } from './quantised-linear.ts';
export { rmsNorm, rmsNormOp } from './rms-norm.ts';
export { type RotaryTable, rotary, rotaryFrequencies, rotaryOp, rotaryTable } from './rotary.ts';
export { appendRows, appendRowsKernel, type RowLog } from './row-log.ts';
export { shaped } from './shaped.ts';
export { isTaped } from './taped.ts';
