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
 * @param turns [m, D, D]: row s − 1 turns a key back by s blocks; undefined leaves all as they are
 */
export function seen({ fam, memory, own }: Sources, sizes: Sizes, turns?: tf.Tensor): tf.Tensor3D {
  const { B, T, M, Hkv, D, F, m, C } = sizes;
  const width = Hkv * D;
  const blocks = memory && follow(memory, own, sizes);
  const segments = segmentsBack(sizes).map((s) => {
    const segment = tf.slice(blocks!, [0, m - s, 0], [B, T, C * width]);
    return tf.reshape(turned(segment, turns, s, sizes), [B * T, C, width]);
  });
  const parts = [...(fam ? [tf.reshape(fam, [B * T, F, width])] : []), ...segments];
  const rows = [...parts, tf.reshape(own, [B * T, M, width])];
  const all = rows.length > 1 ? tf.concat(rows, 1) : rows[0]!;
  const heads = tf.transpose(tf.reshape(all, [B * T, all.shape[1]!, Hkv, D]), [0, 2, 1, 3]);
  return tf.reshape(heads, [B * T * Hkv, all.shape[1]!, D]);
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
  const all = tf.reshape(tf.transpose(tf.reshape(gradient, [B * T, Hkv, keys, D]), [0, 2, 1, 3]), [
    B * T,
    keys,
    width,
  ]);
  const part = (from: number, length: number) => tf.slice(all, [0, from, 0], [B * T, length, width]);
  const own = part(F + m * C, M);
  const result: Sources = { own: tf.reshape(own, [B, T, M, Hkv, D]) };
  if (F > 0) result.fam = tf.reshape(part(0, F), [B, T, F, Hkv, D]);
  if (m === 0) return result;

  const places = T > 1 ? m + T : m;
  const blocks = segmentsBack(sizes).map((s) => {
    const segment = turned(part(F + (m - s) * C, C), turns, s, sizes, true);
    return placed(tf.reshape(segment, [B, T, C * width]), m - s, places);
  });
  if (T === 1) return { ...result, memory: tf.reshape(tf.addN(blocks), [B, m, C, Hkv, D]) };
  const sum = tf.addN([...blocks, placed(tf.reshape(own, [B, T, C * width]), m, places)]);
  const range = (from: number, length: number) =>
    tf.reshape(tf.slice(sum, [0, from, 0], [B, length, C * width]), [B, length, C, Hkv, D]);
  return { ...result, memory: range(0, m), own: range(m, T) };
}

/** Distances of the memory segments in blocks, the oldest first. */
function segmentsBack({ m }: Sizes): number[] {
  return Array.from({ length: m }, (_, index) => m - index);
}

/** [B, blocks, C · Hkv · D]: the memory and, where there are several, the blocks of the call but the last. */
function follow(memory: tf.Tensor, own: tf.Tensor, { B, T, m, C, Hkv, D }: Sizes): tf.Tensor {
  const past = tf.reshape(memory, [B, m, C * Hkv * D]);
  return T > 1 ? tf.concat([past, tf.reshape(own, [B, T, C * Hkv * D])], 1) : past;
}

function turned(
  x: tf.Tensor,
  turns: tf.Tensor | undefined,
  s: number,
  { D }: Sizes,
  inverse = false,
): tf.Tensor {
  if (!turns) return x;
  const turn = tf.reshape(tf.slice(turns, [s - 1, 0, 0], [1, D, D]), [D, D]);
  return tf.matMul(tf.reshape(x, [x.size / D, D]), turn, false, inverse);
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
 * [m, D, D]: matrix s − 1 turns rows that it is multiplied to back by the angles in row s − 1 of two tables [m, D/2].
 * A product with it takes one op where turning halves takes nine.
 */
export function turningMatrices(cos: tf.Tensor, sin: tf.Tensor, { m, D }: Sizes): tf.Tensor3D {
  const [c, s] = [cos.dataSync(), sin.dataSync()];
  const half = D / 2;
  const matrices = new Float32Array(m * D * D);
  for (let back = 0; back < m; back++) {
    for (let j = 0; j < half; j++) {
      const [angle, upper, lower] = [back * half + j, (back * D + j) * D + j, (back * D + half + j) * D + j];
      matrices[upper] = matrices[lower + half] = c[angle]!;
      matrices[lower] = s[angle]!;
      matrices[upper + half] = -s[angle]!;
    }
  }
  return tf.tensor3d(matrices, [m, D, D]);
}
