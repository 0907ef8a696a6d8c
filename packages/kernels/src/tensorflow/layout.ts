/** Attention's tensors as TensorFlow multiplies them: a matrix for each key head of each block, and back again. */
import { shaped } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Sizes } from '../problem.ts';

/** Inputs of one kind, keys or values: of FAM, of sinks, of the memory segments, and of the blocks themselves. */
export interface Sources {
  fam?: tf.Tensor | undefined;
  sinks?: tf.Tensor | undefined;
  memory?: tf.Tensor | undefined;
  own: tf.Tensor;
}

/** [B, T, N, heads, width] as [B, T, Hkv, N · heads / Hkv, width]. */
export function queryRows(x: tf.Tensor, { B, T, N, H, Hkv }: Sizes): tf.Tensor {
  const width = x.shape[4]!;
  const shared = shaped(x, [B, T, N, Hkv, (H / Hkv) * width]);
  return shaped(swapped(shared), [B, T, Hkv, N * (H / Hkv), width]);
}

/** The inverse of `queryRows`. */
export function fromQueryRows(x: tf.Tensor, { B, T, N, H, Hkv }: Sizes): tf.Tensor {
  const width = x.shape[4]!;
  const shared = shaped(x, [B, T, Hkv, N, (H / Hkv) * width]);
  return shaped(swapped(shared), [B, T, N, H, width]);
}

/**
 * What each block sees, [B, T, Hkv, F + S + m · C + M, width]: its FAM, sinks, the m segments before it, and itself.
 *
 * @param rotations [m, D, D], the oldest segment first: rotates its keys back to where the block sees them; undefined
 *   leaves all as they are
 */
export function seen({ fam, sinks, memory, own }: Sources, sizes: Sizes, rotations?: tf.Tensor): tf.Tensor {
  const segments = memory ? segmentsBefore(memory, own, sizes, rotations) : [];
  const parts = [...(fam ? [fam] : []), ...(sinks ? [inEveryBlock(sinks, sizes)] : []), ...segments, own];
  return swapped(parts.length > 1 ? tf.concat(parts, 2) : own);
}

/** [B, S, Hkv, width] as [B, T, S, Hkv, width]. */
function inEveryBlock(sinks: tf.Tensor, { B, T, S }: Sizes): tf.Tensor {
  const size = sinks.size / B;
  const rows = tf.reshape(sinks, [B, 1, size]);
  return tf.reshape(T > 1 ? tf.tile(rows, [1, T, 1]) : rows, [B, T, S, ...sinks.shape.slice(2)]);
}

/** The segments before each block, oldest first, in tensors [B, T, rows, Hkv, D]: one block's segments are its memory. */
function segmentsBefore(
  memory: tf.Tensor,
  own: tf.Tensor,
  { B, T, Hkv, m, C }: Sizes,
  rotations?: tf.Tensor,
): tf.Tensor[] {
  const width = own.shape[4]!;
  if (T === 1) return [shaped(rotated(memory, rotations), [B, 1, m * C, Hkv, width])];
  const size = C * Hkv * width;
  const blocks = tf.concat([tf.reshape(memory, [B, m, size]), tf.reshape(own, [B, T, size])], 1);
  return Array.from({ length: m }, (_, i) => {
    const segment = tf.slice(blocks, [0, i, 0], [B, T, size]);
    return shaped(rotated(segment, rotationOf(rotations, i)), [B, T, C, Hkv, width]);
  });
}

/**
 * The adjoint of `seen`: gradients of its sources.
 *
 * @param gradient [B, T, Hkv, F + S + m · C + M, width]
 */
export function unseen(gradient: tf.Tensor, sizes: Sizes, rotations?: tf.Tensor): Sources {
  const { B, T, M, Hkv, F, S, m, C } = sizes;
  const fixed = F + S;
  const headWidth = gradient.shape[4]!;
  const width = Hkv * headWidth;
  const all = tf.reshape(swapped(gradient), [B * T, fixed + m * C + M, width]);
  const part = (from: number, length: number) => tf.slice(all, [0, from, 0], [B * T, length, width]);
  const blocks = (x: tf.Tensor, count: number, rows: number) =>
    tf.reshape(x, [B, count, rows, Hkv, headWidth]);
  const own = part(fixed + m * C, M);
  const fam = F > 0 ? blocks(part(0, F), T, F) : undefined;
  const sinks =
    S > 0
      ? tf.reshape(tf.sum(tf.reshape(part(F, S), [B, T, S * width]), 1), [B, S, Hkv, headWidth])
      : undefined;
  if (m === 0) return { fam, sinks, own: blocks(own, T, M) };
  if (T === 1) {
    const memory = rotated(tf.reshape(part(fixed, m * C), [B, m, C * width]), rotations, true);
    return { fam, sinks, memory: blocks(memory, m, C), own: blocks(own, T, M) };
  }
  const placed = (x: tf.Tensor, at: number) =>
    tf.pad(tf.reshape(x, [B, T, C * width]), [
      [0, 0],
      [at, m - at],
      [0, 0],
    ]);
  const segments = Array.from({ length: m }, (_, i) =>
    placed(rotated(part(fixed + i * C, C), rotationOf(rotations, i), true), i),
  );
  const sum = tf.addN([...segments, placed(own, m)]);
  const range = (from: number, count: number) =>
    blocks(tf.slice(sum, [0, from, 0], [B, count, C * width]), count, C);
  return { fam, sinks, memory: range(0, m), own: range(m, T) };
}

/** The matrix of one segment, [1, D, D]. */
function rotationOf(rotations: tf.Tensor | undefined, segment: number): tf.Tensor | undefined {
  return rotations && tf.slice(rotations, segment, 1);
}

/**
 * Keys of as many segments as there are matrices, each rotated by its own: [B, segments, …] as [B · segments, keys, D].
 * There is a matrix for each, as oneDNN's products are wrong where one serves several.
 */
function rotated(x: tf.Tensor, rotations: tf.Tensor | undefined, inverse = false): tf.Tensor {
  if (!rotations) return x;
  const [B, segments, D] = [x.shape[0]!, rotations.shape[0]!, rotations.shape[1]!];
  const keys = tf.reshape(x, [B * segments, x.size / (B * segments * D), D]);
  return tf.matMul(keys, B > 1 ? tf.tile(rotations, [B, 1, 1]) : rotations, false, inverse);
}

/** [B, T, a, b, …] as [B, T, b, a, …]. */
function swapped(x: tf.Tensor): tf.Tensor {
  const [B, T, a, b, D] = x.shape as [number, number, number, number, number];
  return a === 1 || b === 1 ? shaped(x, [B, T, b, a, D]) : tf.transpose(x, [0, 1, 3, 2, 4]);
}

/**
 * [m, D, D]: matrix m − s, the oldest segment's first, rotates rows that it is multiplied to back by the angles in row s − 1
 * of two tables [m, D/2]. A product with it takes one op where rotating halves takes nine.
 */
export function rotationMatrices(cos: tf.Tensor, sin: tf.Tensor, { m, D }: Sizes): tf.Tensor3D {
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
