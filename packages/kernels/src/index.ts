import './provide.ts';

export { blockAttention, blockAttentionOp } from './attention.ts';
export type { BlockAttention, KeysValues, MemorySegments } from './call.ts';
