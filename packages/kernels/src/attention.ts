/** Attention of blocks over FAM, memory segments and themselves: the public function and its reference composition. */
import { kernelOp, rotary } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { BlockAttention } from './call.ts';
import { sizesOf } from './problem.ts';
import { requireFit } from './require-fit.ts';

type Inputs = {
  q: tf.Tensor;
  k: tf.Tensor;
  v: tf.Tensor;
  famK: tf.Tensor | undefined;
  famV: tf.Tensor | undefined;
  memoryK: tf.Tensor | undefined;
  memoryV: tf.Tensor | undefined;
};
type Constants = {
  visible: tf.Tensor | undefined;
  rotationCos: tf.Tensor | undefined;
  rotationSin: tf.Tensor | undefined;
};
type Attributes = { causalOffset: number | undefined; scale: number };

/** Low enough to vanish in a softmax, finite because some GPU languages know no infinity. */
const HIDDEN = -1e9;

export const blockAttentionOp = kernelOp<Inputs, Constants, Attributes>({
  name: 'famjs/BlockAttention',
  outputs: ['value', 'logSumExp'],
  forward(inputs, { causalOffset, scale }) {
    const { q, k, v, famK, famV, memoryK, memoryV, visible } = inputs;
    const { B, T, N, M, H, Hkv, D, F, m, C } = sizesOf(inputs);
    const distances = Array.from({ length: m }, (_, index) => m - index);

    // Backends cut and join along few axes fast, along five slowly: [B, blocks, keys · Hkv · D], [B · T, keys, Hkv · D].
    const flat = (x: tf.Tensor, keys: number) => tf.reshape(x, [B, x.shape[1]!, keys * Hkv * D]);
    const follow = (past: tf.Tensor, own: tf.Tensor) =>
      T > 1 ? tf.concat([flat(past, C), flat(own, M)], 1) : flat(past, C);
    // Block t meets the segment s blocks back in place m − s + t of the memory followed by the blocks of the call.
    const segments = (run: tf.Tensor, s: number) => tf.slice(run, [0, m - s, 0], [B, T, C * Hkv * D]);
    const keyRun = memoryK && follow(memoryK, k);
    const valueRun = memoryV && follow(memoryV, v);
    const keys = [...distances.map((s) => turnBack(segments(keyRun!, s), inputs, s)), k];
    const values = [...distances.map((s) => segments(valueRun!, s)), v];
    const headMajor = (parts: tf.Tensor[]) => {
      const rows = parts.map((part) => tf.reshape(part, [B * T, part.size / (B * T * Hkv * D), Hkv * D]));
      return tf.transpose(tf.reshape(tf.concat(rows, 1), [B, T, F + m * C + M, Hkv, D]), [0, 1, 3, 2, 4]);
    };
    const allKeys = headMajor(famK ? [famK, ...keys] : keys);
    const allValues = headMajor(famV ? [famV, ...values] : values);
    const queries = tf.transpose(
      tf.reshape(tf.mul(q, scale), [B, T, N, Hkv, H / Hkv, D]),
      [0, 1, 3, 4, 2, 5],
    );

    const rows = (H / Hkv) * N;
    const scores = tf.matMul(tf.reshape(queries, [B, T, Hkv, rows, D]), allKeys, false, true);
    let open: tf.Tensor = tf.reshape(scores, [B, T, Hkv, H / Hkv, N, F + m * C + M]);
    if (causalOffset !== undefined && causalOffset + 1 < M) {
      open = tf.add(open, causalMask(N, M, F + m * C, causalOffset));
    }
    if (visible) {
      const columns = [
        ...Array(F).fill(0),
        ...distances.flatMap((s) => Array(C).fill(s)),
        ...Array(M).fill(0),
      ];
      open = tf.add(open, memoryMask(visible, T, columns));
    }
    const weights = tf.reshape(tf.softmax(open), scores.shape);
    const heads = tf.reshape(tf.matMul(weights, allValues), [B, T, Hkv, H / Hkv, N, D]);
    return [tf.reshape(tf.transpose(heads, [0, 1, 4, 2, 3, 5]), [B, T, N, H, D])];
  },
});

/** Keys of the segments s blocks back, at their positions as seen from the block that looks; any shape. */
function turnBack(
  keys: tf.Tensor,
  { k, rotationCos, rotationSin }: Inputs & Constants,
  s: number,
): tf.Tensor {
  if (!rotationCos || !rotationSin) return keys;
  const angles = (table: tf.Tensor) => tf.slice(table, [s - 1, 0], [1, table.shape[1]!]) as tf.Tensor2D;
  const [Hkv, D] = k.shape.slice(-2) as [number, number];
  const table = { cos: angles(rotationCos), sin: angles(rotationSin) };
  return tf.reshape(rotary(tf.reshape(keys, [keys.size / (Hkv * D), 1, Hkv, D]), table, true), keys.shape);
}

/** [N, before + M]: query i sees everything before its own block and the keys 0 … offset + i of it. */
function causalMask(N: number, M: number, before: number, offset: number): tf.Tensor {
  const mask = new Float32Array(N * (before + M));
  for (let i = 0; i < N; i++) {
    mask.fill(
      HIDDEN,
      i * (before + M) + Math.min(before + offset + i + 1, before + M),
      (i + 1) * (before + M),
    );
  }
  return tf.tensor2d(mask, [N, before + M]);
}

/** [B, T, 1, 1, 1, columns]: block t sees the segment s blocks back when at least s − t segments are visible. */
function memoryMask(visible: tf.Tensor, T: number, segmentOfColumn: number[]): tf.Tensor {
  const blocks = tf.reshape(tf.range(0, T, 1, 'int32'), [1, T, 1, 1, 1, 1]);
  const beyond = tf.sub(tf.tensor1d(segmentOfColumn, 'int32'), blocks);
  const hidden = tf.greater(beyond, tf.reshape(visible, [-1, 1, 1, 1, 1, 1]));
  return tf.mul(tf.cast(hidden, 'float32'), HIDDEN);
}

/**
 * Softmax attention with the structure of TransformerFAM (spec.md, "One layer, one block"): the queries of block t see
 * the FAM of block t, the memory segments before block t, and their own block up to themselves.
 *
 * @returns [B, T, N, H, D]
 * @throws ShapeError when the shapes do not fit together
 */
export function blockAttention({ q, k, v, fam, memory, causalOffset }: BlockAttention): tf.Tensor {
  requireFit({ q, k, v, fam, memory, causalOffset });
  return blockAttentionOp(
    { q, k, v, famK: fam?.k, famV: fam?.v, memoryK: memory?.k, memoryV: memory?.v },
    { visible: memory?.visible, rotationCos: memory?.rotation?.cos, rotationSin: memory?.rotation?.sin },
    { causalOffset, scale: 1 / Math.sqrt(q.shape[4]!) },
  );
}
