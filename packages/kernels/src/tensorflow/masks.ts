/** What keeps queries from keys: tensors that are added to scores, and only where something is hidden. */
import * as tf from '@tensorflow/tfjs-core';
import type { AttentionAttributes, sizesOf } from '../problem.ts';

/** Low enough to vanish in a softmax. */
const HIDDEN = -1e9;

/** Tensors [1 or B · T · Hkv, 1 or rows, keys], as few as say everything. */
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

/** [1, rows, keys]: query i sees everything before its own block and the keys 0 … offset + i of it. */
function causal({ N, M, H, Hkv, F, m, C }: ReturnType<typeof sizesOf>, offset: number): tf.Tensor {
  const shared = H / Hkv;
  const own = new Float32Array(N * shared * M);
  for (let row = 0; row < N * shared; row++) {
    own.fill(HIDDEN, row * M + Math.min(offset + Math.floor(row / shared) + 1, M), (row + 1) * M);
  }
  return tf.pad(tf.tensor3d(own, [1, N * shared, M]), [
    [0, 0],
    [0, 0],
    [F + m * C, 0],
  ]);
}

/** [B · T · Hkv, 1, keys]: block t sees the segment s blocks back when at least s − t segments are visible. */
function beyond({ B, T, M, Hkv, F, m, C }: ReturnType<typeof sizesOf>, visible: number[]): tf.Tensor {
  const keys = F + m * C + M;
  const mask = new Float32Array(B * T * Hkv * keys);
  for (let group = 0; group < B * T * Hkv; group++) {
    const t = Math.floor(group / Hkv) % T;
    const count = visible[Math.floor(group / (Hkv * T))]!;
    const hidden = Math.max(0, m - t - count);
    mask.fill(HIDDEN, group * keys + F, group * keys + F + hidden * C);
  }
  return tf.tensor3d(mask, [B * T * Hkv, 1, keys]);
}
