import './provide.ts';

export {
  type BlockAttention,
  blockAttention,
  blockAttentionOp,
  type KeysValues,
  type MemorySegments,
} from './attention.ts';
