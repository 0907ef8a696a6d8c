/** What attention of blocks is given: queries, and the keys and values of their own block, of FAM, sinks and memory. */
import type { RotaryTable } from '@famjs/ops';
import type * as tf from '@tensorflow/tfjs-core';

/** Keys [..., Hkv, D] and values [..., Hkv, Dv] that stand side by side. */
export interface KeysValues {
  k: tf.Tensor;
  v: tf.Tensor;
}

/** The blocks before the first one of the call, oldest first. */
export interface MemorySegments extends KeysValues {
  /**
   * Row s − 1 holds the angles of s blocks. Keys keep the block-relative positions with which they were made, so those
   * of the segment s blocks back are rotated back by s blocks before they meet a query. Undefined when keys hold absolute
   * positions.
   */
  rotation?: RotaryTable | undefined;
}

export interface BlockAttention {
  /** Queries [B, T, N, H, D] of T blocks; D is at most 512. */
  q: tf.Tensor;
  /** Keys [B, T, M, Hkv, D] of the same blocks; head h of q reads head ⌊h · Hkv / H⌋. */
  k: tf.Tensor;
  /** Values [B, T, M, Hkv, Dv]; Dv is at most 512. */
  v: tf.Tensor;
  /** Keys [B, T, F, Hkv, D] and values [B, T, F, Hkv, Dv] of the FAM that each block sees in full. */
  fam?: KeysValues | undefined;
  /**
   * Keys [B, m, C, Hkv, D] and values [B, m, C, Hkv, Dv] of the m blocks before. Block t of the call sees the m blocks
   * before itself, be they of this tensor or of the call; M must then equal C unless T = 1.
   */
  memory?: MemorySegments | undefined;
  /**
   * Keys [B, n, Hkv, D] and values [B, n, Hkv, Dv] of a document's first tokens, rotated to where they are seen. They
   * count as a segment m + 1 blocks back of every block, be it of the call or before it.
   */
  sinks?: KeysValues | undefined;
  /**
   * int32 [B], with memory or sinks: how many of the segments before block 0 a row may see, 0 at the start of its
   * document. Block t sees the segment s blocks back where s − t ≤ visible, and sinks where m + 1 − t ≤ visible.
   */
  visible?: tf.Tensor | undefined;
  /** Query i sees the keys 0 … offset + i of its own block; undefined lets it see all of them. */
  causalOffset?: number | undefined;
  /**
   * Tokens that a query sees at most, itself included: W lets the one at position p see the positions p − W + 1 … p of its
   * own block and the segments, and hides neither FAM nor sinks. Needs a causal offset; queries are then tokens of the
   * block, offset + N ≤ M.
   */
  window?: number | undefined;
  /**
   * The first tokens of a document, of its first block, which no window hides where they are; needs `visible`. That block
   * is the one visible + t blocks back of block t. Always a composition of core ops.
   */
  pinned?: number | undefined;
  /** Of the scores; 1 / √D unless given. */
  scale?: number | undefined;
}
