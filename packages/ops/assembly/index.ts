/** The functions that the wasm kernels of this package call. */
export { blockDots, blockDotsScratch } from './block-dots';
export { blockMatMul, blockMatMulScratch } from './block-mat-mul';
export { widenedRows } from './blocks';
export { copyRows } from './copy';
export { crossEntropy, crossEntropyGradient } from './cross-entropy';
export { matMulByDots } from './dots';
export { embedding, embeddingGradient } from './embedding';
export { gated, gatedGradient } from './gated';
export { matMul, matMulScratch } from './mat-mul';
export { rmsNorm, rmsNormGradient } from './rms-norm';
export { rotary } from './rotary';
