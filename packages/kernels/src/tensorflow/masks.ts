/** What keeps queries from keys: tensors that are added to scores, and only where something is hidden. */
import * as tf from '@tensorflow/tfjs-core';
import type { AttentionAttributes, sizesOf } from '../problem.ts';

/** Low enough to vanish in a softmax. */
const HIDDEN = -1e9;

/** Tensors that broadcast over scores [B, T, Hkv, rows, keys], as few as say everything. */
export function masksOf(
  sizes: ReturnType<typeof sizesOf>,
  { causalOffset }: AttentionAttributes,
  visible: tf.Tensor | undefined,
): tf.Tensor[] {
  const counts = visible ? Array.from(visible.dataSync()) : [];
  return [
    ...(causalOffset !== undefined && causalOffset + 1 < sizes.M ? [causal(sizes, causalOffset)] : []),
    ...(counts.some((count) => count < sizes.m) ? [beyond(sizes, counts)] : []),
  ];
}

/** [rows, keys]: query i sees everything before its own block and the keys 0 … offset + i of it. */
function causal({ N, M, H, Hkv, F, m, C }: ReturnType<typeof sizesOf>, offset: number): tf.Tensor {
  const shared = H / Hkv;
  const keys = F + m * C + M;
  const mask = new Float32Array(N * shared * keys);
  for (let row = 0; row < N * shared; row++) {
    const end = F + m * C + Math.min(offset + Math.floor(row / shared) + 1, M);
    mask.fill(HIDDEN, row * keys + end, (row + 1) * keys);
  }
  return tf.tensor2d(mask, [N * shared, keys]);
}

/** [B, T, 1, 1, keys]: block t sees the segment s blocks back when at least s − t segments are visible. */
function beyond({ B, T, M, F, m, C }: ReturnType<typeof sizesOf>, visible: number[]): tf.Tensor {
  const keys = F + m * C + M;
  const mask = new Float32Array(B * T * keys);
  for (let block = 0; block < B * T; block++) {
    const hidden = Math.max(0, m - (block % T) - visible[Math.floor(block / T)]!);
    mask.fill(HIDDEN, block * keys + F, block * keys + F + hidden * C);
  }
  return tf.tensor5d(mask, [B, T, 1, 1, keys]);
}
