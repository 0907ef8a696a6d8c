import './provide.ts';

export { blockAttention, blockAttentionOp } from './attention.ts';
export type { BlockAttention, KeysValues, MemorySegments } from './call.ts';
export { type StepAttention, stepAttention, stepAttentionKernel } from './step.ts';
export { type AttentionWeights, attentionWeights } from './weights.ts';
