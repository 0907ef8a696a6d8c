/** What keeps queries from keys: tensors that are added to scores, and only where something is hidden. */
import * as tf from '@tensorflow/tfjs-core';
import type { Problem } from '../problem.ts';

/** Low enough to vanish in a softmax. */
const HIDDEN = -1e9;

/** Tensors that broadcast over scores [B, T, Hkv, rows, keys], as few as say everything. */
export function masksOf(problem: Problem, visible: tf.Tensor | undefined): tf.Tensor[] {
  const { causalOffset, window, M, m, C, S, sinksBack } = problem;
  const counts = visible ? Array.from(visible.dataSync()) : [];
  const hidesLater = causalOffset !== undefined && causalOffset + 1 < M;
  const hidesEarlier = window !== undefined && window < m * C + M;
  return [
    ...(hidesLater || hidesEarlier ? [byPosition(problem)] : []),
    ...(counts.some((count) => count < (S > 0 ? sinksBack : m)) ? [bySegment(problem, counts)] : []),
  ];
}

/** [rows, keys]: the query at position p of its block sees the positions p − window + 1 … p, FAM and sinks. */
function byPosition({ N, M, H, Hkv, F, S, m, C, causalOffset = 0, window }: Problem): tf.Tensor {
  const shared = H / Hkv;
  const fixed = F + S;
  const before = fixed + m * C;
  const keys = before + M;
  const mask = new Float32Array(N * shared * keys);
  for (let row = 0; row < N * shared; row++) {
    const end = causalOffset + Math.floor(row / shared) + 1;
    mask.fill(HIDDEN, row * keys + before + Math.min(end, M), (row + 1) * keys);
    if (window === undefined) continue;
    mask.fill(HIDDEN, row * keys + fixed, row * keys + Math.max(fixed, before + end - window));
  }
  return tf.tensor2d(mask, [N * shared, keys]);
}

/** [B, T, 1, 1, keys]: block t sees the segment s blocks back when at least s − t segments are visible. */
function bySegment(problem: Problem, visible: number[]): tf.Tensor {
  const { B, T, M, F, S, m, C, sinksBack } = problem;
  const keys = F + S + m * C + M;
  const mask = new Float32Array(B * T * keys);
  for (let block = 0; block < B * T; block++) {
    const seen = visible[Math.floor(block / T)]! + (block % T);
    const segments = block * keys + F + S;
    if (seen < sinksBack) mask.fill(HIDDEN, block * keys + F, segments);
    mask.fill(HIDDEN, segments, segments + Math.max(0, m - seen) * C);
  }
  return tf.tensor5d(mask, [B, T, 1, 1, keys]);
}
