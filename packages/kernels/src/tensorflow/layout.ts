/** Attention's tensors as TensorFlow multiplies them: one matrix for each key head of each block, and back again. */
import * as tf from '@tensorflow/tfjs-core';
import type { sizesOf } from '../problem.ts';

type Sizes = ReturnType<typeof sizesOf>;

/** Inputs of one kind, keys or values: of FAM, of the memory segments, and of the blocks themselves. */
export interface Sources {
  fam?: tf.Tensor | undefined;
  memory?: tf.Tensor | undefined;
  own: tf.Tensor;
}

/** [B, T, N, heads, D] as [B · T · Hkv, N · heads / Hkv, D]. */
export function queryRows(x: tf.Tensor, { B, T, N, H, Hkv, D }: Sizes): tf.Tensor3D {
  const inOrder = N === 1 || Hkv === 1;
  const shared = inOrder ? x : tf.transpose(tf.reshape(x, [B * T, N, Hkv, (H / Hkv) * D]), [0, 2, 1, 3]);
  return tf.reshape(shared, [B * T * Hkv, N * (H / Hkv), D]);
}

/** The inverse of `queryRows`. */
export function fromQueryRows(x: tf.Tensor, { B, T, N, H, Hkv, D }: Sizes): tf.Tensor {
  const inOrder = N === 1 || Hkv === 1;
  const shared = inOrder ? x : tf.transpose(tf.reshape(x, [B * T, Hkv, N, (H / Hkv) * D]), [0, 2, 1, 3]);
  return tf.reshape(shared, [B, T, N, H, D]);
}

/**
 * What each block sees, [B · T · Hkv, F + m · C + M, D]: its FAM, the m segments before it, and itself.
 *
 * @param turns [m, D, D], the oldest segment first: turns its keys back to where the block sees them; undefined leaves
 *   all as they are
 */
export function seen({ fam, memory, own }: Sources, sizes: Sizes, turns?: tf.Tensor): tf.Tensor3D {
  const { B, T, M, Hkv, D, F } = sizes;
  const width = Hkv * D;
  const parts = [
    ...(fam ? [tf.reshape(fam, [B * T, F, width])] : []),
    ...(memory ? segmentsBefore(memory, own, sizes, turns) : []),
    tf.reshape(own, [B * T, M, width]),
  ];
  const all = parts.length > 1 ? tf.concat(parts, 1) : parts[0]!;
  const heads = tf.transpose(tf.reshape(all, [B * T, all.shape[1]!, Hkv, D]), [0, 2, 1, 3]);
  return tf.reshape(heads, [B * T * Hkv, all.shape[1]!, D]);
}

/** The segments before each block, oldest first, in tensors [B · T, rows, Hkv · D]: one block's segments are its memory. */
function segmentsBefore(memory: tf.Tensor, own: tf.Tensor, sizes: Sizes, turns?: tf.Tensor): tf.Tensor[] {
  const { B, T, Hkv, D, m, C } = sizes;
  const width = Hkv * D;
  if (T === 1) return [tf.reshape(turned(memory, turns, sizes), [B, m * C, width])];
  const rows = (blocks: tf.Tensor) => tf.reshape(blocks, [B, blocks.shape[1]!, C * width]);
  const blocks = tf.concat([rows(memory), rows(own)], 1);
  return Array.from({ length: m }, (_, i) => {
    const segment = tf.slice(blocks, [0, i, 0], [B, T, C * width]);
    return tf.reshape(turned(segment, turnOf(turns, i), sizes), [B * T, C, width]);
  });
}

/**
 * The adjoint of `seen`: gradients of its sources.
 *
 * @param gradient [B · T · Hkv, F + m · C + M, D]
 */
export function unseen(gradient: tf.Tensor, sizes: Sizes, turns?: tf.Tensor): Sources {
  const { B, T, M, Hkv, D, F, m, C } = sizes;
  const width = Hkv * D;
  const keys = F + m * C + M;
  const heads = tf.reshape(gradient, [B * T, Hkv, keys, D]);
  const all = tf.reshape(tf.transpose(heads, [0, 2, 1, 3]), [B * T, keys, width]);
  const part = (from: number, length: number) => tf.slice(all, [0, from, 0], [B * T, length, width]);
  const own = part(F + m * C, M);
  const result: Sources = { own: tf.reshape(own, [B, T, M, Hkv, D]) };
  if (F > 0) result.fam = tf.reshape(part(0, F), [B, T, F, Hkv, D]);
  if (m === 0) return result;
  if (T === 1) {
    const memory = turned(part(F, m * C), turns, sizes, true);
    return { ...result, memory: tf.reshape(memory, [B, m, C, Hkv, D]) };
  }
  const segments = Array.from({ length: m }, (_, i) => {
    const segment = turned(part(F + i * C, C), turnOf(turns, i), sizes, true);
    return placed(tf.reshape(segment, [B, T, C * width]), i, m + T);
  });
  const sum = tf.addN([...segments, placed(tf.reshape(own, [B, T, C * width]), m, m + T)]);
  const range = (from: number, length: number) =>
    tf.reshape(tf.slice(sum, [0, from, 0], [B, length, C * width]), [B, length, C, Hkv, D]);
  return { ...result, memory: range(0, m), own: range(m, T) };
}

/** The matrix of one segment, [1, D, D]. */
function turnOf(turns: tf.Tensor | undefined, segment: number): tf.Tensor | undefined {
  return turns && tf.slice(turns, [segment, 0, 0], [1, -1, -1]);
}

/** Keys of as many segments as there are matrices, each turned by its own: [B, segments, …] as [B, segments, keys, D]. */
function turned(x: tf.Tensor, turns: tf.Tensor | undefined, { D }: Sizes, inverse = false): tf.Tensor {
  if (!turns) return x;
  const [B, segments] = [x.shape[0]!, turns.shape[0]!];
  return tf.matMul(tf.reshape(x, [B, segments, x.size / (B * segments * D), D]), turns, false, inverse);
}

/** [B, T, width] among `places` blocks, zero elsewhere. */
function placed(x: tf.Tensor, at: number, places: number): tf.Tensor {
  return tf.pad(x, [
    [0, 0],
    [at, places - at - x.shape[1]!],
    [0, 0],
  ]);
}

/**
 * [m, D, D]: matrix m − s, the oldest segment's first, turns rows that it is multiplied to back by the angles in row s − 1
 * of two tables [m, D/2]. A product with it takes one op where turning halves takes nine.
 */
export function turningMatrices(cos: tf.Tensor, sin: tf.Tensor, { m, D }: Sizes): tf.Tensor3D {
  const [c, s] = [cos.dataSync(), sin.dataSync()];
  const half = D / 2;
  const matrices = new Float32Array(m * D * D);
  for (let segment = 0; segment < m; segment++) {
    for (let j = 0; j < half; j++) {
      const angle = (m - 1 - segment) * half + j;
      const [upper, lower] = [(segment * D + j) * D + j, (segment * D + half + j) * D + j];
      matrices[upper] = matrices[lower + half] = c[angle]!;
      matrices[lower] = s[angle]!;
      matrices[upper + half] = -s[angle]!;
    }
  }
  return tf.tensor3d(matrices, [m, D, D]);
}
