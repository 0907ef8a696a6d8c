/** Attention's tensors as TensorFlow multiplies them: a matrix for each key head of each block, and back again. */
import * as tf from '@tensorflow/tfjs-core';
import type { sizesOf } from '../problem.ts';

type Sizes = ReturnType<typeof sizesOf>;

/** Inputs of one kind, keys or values: of FAM, of the memory segments, and of the blocks themselves. */
export interface Sources {
  fam?: tf.Tensor | undefined;
  memory?: tf.Tensor | undefined;
  own: tf.Tensor;
}

/** [B, T, N, heads, D] as [B, T, Hkv, N · heads / Hkv, D]. */
export function queryRows(x: tf.Tensor, { B, T, N, H, Hkv, D }: Sizes): tf.Tensor {
  const shared = shaped(x, [B, T, N, Hkv, (H / Hkv) * D]);
  return shaped(swapped(shared), [B, T, Hkv, N * (H / Hkv), D]);
}

/** The inverse of `queryRows`. */
export function fromQueryRows(x: tf.Tensor, { B, T, N, H, Hkv, D }: Sizes): tf.Tensor {
  const shared = shaped(x, [B, T, Hkv, N, (H / Hkv) * D]);
  return shaped(swapped(shared), [B, T, N, H, D]);
}

/**
 * What each block sees, [B, T, Hkv, F + m · C + M, D]: its FAM, the m segments before it, and itself.
 *
 * @param turns [m, D, D], the oldest segment first: turns its keys back to where the block sees them; undefined leaves
 *   all as they are
 */
export function seen({ fam, memory, own }: Sources, sizes: Sizes, turns?: tf.Tensor): tf.Tensor {
  const segments = memory ? segmentsBefore(memory, own, sizes, turns) : [];
  const parts = [...(fam ? [fam] : []), ...segments, own];
  return swapped(parts.length > 1 ? tf.concat(parts, 2) : own);
}

/** The segments before each block, oldest first, in tensors [B, T, rows, Hkv, D]: one block's segments are its memory. */
function segmentsBefore(memory: tf.Tensor, own: tf.Tensor, sizes: Sizes, turns?: tf.Tensor): tf.Tensor[] {
  const { B, T, Hkv, D, m, C } = sizes;
  if (T === 1) return [shaped(turned(memory, turns, sizes), [B, 1, m * C, Hkv, D])];
  const size = C * Hkv * D;
  const blocks = tf.concat([tf.reshape(memory, [B, m, size]), tf.reshape(own, [B, T, size])], 1);
  return Array.from({ length: m }, (_, i) => {
    const segment = tf.slice(blocks, [0, i, 0], [B, T, size]);
    return shaped(turned(segment, turnOf(turns, i), sizes), [B, T, C, Hkv, D]);
  });
}

/**
 * The adjoint of `seen`: gradients of its sources.
 *
 * @param gradient [B, T, Hkv, F + m · C + M, D]
 */
export function unseen(gradient: tf.Tensor, sizes: Sizes, turns?: tf.Tensor): Sources {
  const { B, T, M, Hkv, D, F, m, C } = sizes;
  const width = Hkv * D;
  const all = tf.reshape(swapped(gradient), [B * T, F + m * C + M, width]);
  const part = (from: number, length: number) => tf.slice(all, [0, from, 0], [B * T, length, width]);
  const blocks = (x: tf.Tensor, count: number, rows: number) => tf.reshape(x, [B, count, rows, Hkv, D]);
  const own = part(F + m * C, M);
  const fam = F > 0 ? blocks(part(0, F), T, F) : undefined;
  if (m === 0) return { fam, own: blocks(own, T, M) };
  if (T === 1) {
    const memory = turned(tf.reshape(part(F, m * C), [B, m, C * width]), turns, sizes, true);
    return { fam, memory: blocks(memory, m, C), own: blocks(own, T, M) };
  }
  const placed = (x: tf.Tensor, at: number) =>
    tf.pad(tf.reshape(x, [B, T, C * width]), [
      [0, 0],
      [at, m - at],
      [0, 0],
    ]);
  const segments = Array.from({ length: m }, (_, i) =>
    placed(turned(part(F + i * C, C), turnOf(turns, i), sizes, true), i),
  );
  const sum = tf.addN([...segments, placed(own, m)]);
  const range = (from: number, count: number) =>
    blocks(tf.slice(sum, [0, from, 0], [B, count, C * width]), count, C);
  return { fam, memory: range(0, m), own: range(m, T) };
}

/** The matrix of one segment, [1, D, D]. */
function turnOf(turns: tf.Tensor | undefined, segment: number): tf.Tensor | undefined {
  return turns && tf.slice(turns, segment, 1);
}

/**
 * Keys of as many segments as there are matrices, each turned by its own: [B, segments, …] as [B · segments, keys, D].
 * There is a matrix for each, as oneDNN's products are wrong where one serves several.
 */
function turned(x: tf.Tensor, turns: tf.Tensor | undefined, { D }: Sizes, inverse = false): tf.Tensor {
  if (!turns) return x;
  const [B, segments] = [x.shape[0]!, turns.shape[0]!];
  const keys = tf.reshape(x, [B * segments, x.size / (B * segments * D), D]);
  return tf.matMul(keys, B > 1 ? tf.tile(turns, [B, 1, 1]) : turns, false, inverse);
}

/** [B, T, a, b, …] as [B, T, b, a, …]. */
function swapped(x: tf.Tensor): tf.Tensor {
  const [B, T, a, b, D] = x.shape as [number, number, number, number, number];
  return a === 1 || b === 1 ? shaped(x, [B, T, b, a, D]) : tf.transpose(x, [0, 1, 3, 2, 4]);
}

/** A reshape, which TensorFlow charges for, only where the shape is another. */
function shaped(x: tf.Tensor, shape: number[]): tf.Tensor {
  return tf.util.arraysEqual(x.shape, shape) ? x : tf.reshape(x, shape);
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
