/** What attention of blocks is given: queries, and the keys and values of their own block, of FAM and of memory. */
import type { RotaryTable } from '@famjs/ops';
import type * as tf from '@tensorflow/tfjs-core';

/** Keys and values that stand side by side. */
export interface KeysValues {
  k: tf.Tensor;
  v: tf.Tensor;
}

/** The blocks before the first one of the call, oldest first, and how the blocks of a call see what lies before them. */
export interface MemorySegments extends KeysValues {
  /** int32 [B]: how many of the m segments a row may see; 0 at the start of its document. */
  visible: tf.Tensor;
  /**
   * Row s − 1 holds the angles of s blocks. Keys keep the block-relative positions with which they were made, so those
   * of the segment s blocks back turn back by s blocks before they meet a query. Undefined when keys hold absolute
   * positions.
   */
  rotation?: RotaryTable | undefined;
}

export interface BlockAttention {
  /** Queries [B, T, N, H, D] of T blocks. */
  q: tf.Tensor;
  /** Keys [B, T, M, Hkv, D] of the same blocks; head h of q reads head ⌊h · Hkv / H⌋. */
  k: tf.Tensor;
  /** Values [B, T, M, Hkv, D]. */
  v: tf.Tensor;
  /** Keys and values [B, T, F, Hkv, D] of the FAM that each block sees in full. */
  fam?: KeysValues | undefined;
  /**
   * Keys and values [B, m, C, Hkv, D] of the m blocks before. Block t of the call sees the m blocks before itself, be
   * they of this tensor or of the call; M must then equal C unless T = 1.
   */
  memory?: MemorySegments | undefined;
  /** Query i sees the keys 0 … offset + i of its own block; undefined lets it see all of them. */
  causalOffset?: number | undefined;
}
