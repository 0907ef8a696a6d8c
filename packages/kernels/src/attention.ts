/** Attention of blocks over FAM, memory segments and themselves: the public function and its reference composition. */
import { require, ShapeError } from '@famjs/backends';
import { kernelOp, type RotaryTable, rotary } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';

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
    const [B, T, N, H, D] = q.shape as [number, number, number, number, number];
    const [M, Hkv] = [k.shape[2]!, k.shape[3]!];
    const F = famK?.shape[2] ?? 0;
    const [m, C] = memoryK ? [memoryK.shape[1]!, memoryK.shape[2]!] : [0, 0];
    const distances = Array.from({ length: m }, (_, index) => m - index);

    // Block t meets the segment s blocks back in place m − s + t of the memory followed by the blocks of the call.
    const follow = (past: tf.Tensor, own: tf.Tensor) => (T > 1 ? tf.concat([past, own], 1) : past);
    const segments = (run: tf.Tensor, s: number) => tf.slice(run, [0, m - s], [B, T]);
    const keyRun = memoryK && follow(memoryK, k);
    const valueRun = memoryV && follow(memoryV, v);
    const keys = [...distances.map((s) => turnBack(segments(keyRun!, s), inputs, s)), k];
    const values = [...distances.map((s) => segments(valueRun!, s)), v];
    const headMajor = (t: tf.Tensor[]) => tf.transpose(tf.concat(t, 2), [0, 1, 3, 2, 4]);
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

/** Keys [B, T, C, Hkv, D] of the segment s blocks back, at their positions as seen from the block that looks. */
function turnBack(keys: tf.Tensor, { rotationCos, rotationSin }: Constants, s: number): tf.Tensor {
  if (!rotationCos || !rotationSin) return keys;
  const angles = (table: tf.Tensor) => tf.slice(table, [s - 1, 0], [1, table.shape[1]!]) as tf.Tensor2D;
  const [Hkv, D] = keys.shape.slice(-2) as [number, number];
  const table = { cos: angles(rotationCos), sin: angles(rotationSin) };
  return tf.reshape(rotary(tf.reshape(keys, [-1, 1, Hkv, D]), table, true), keys.shape);
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
  requireFit({ q, k, v, fam, memory });
  return blockAttentionOp(
    { q, k, v, famK: fam?.k, famV: fam?.v, memoryK: memory?.k, memoryV: memory?.v },
    { visible: memory?.visible, rotationCos: memory?.rotation?.cos, rotationSin: memory?.rotation?.sin },
    { causalOffset, scale: 1 / Math.sqrt(q.shape[4]!) },
  );
}

function requireFit({ q, k, v, fam, memory }: BlockAttention): void {
  const [B, T, , H, D] = q.shape as [number, number, number, number, number];
  const [M, Hkv] = k.shape.slice(2) as [number, number];
  const fits = (pair: KeysValues | undefined, blocks: number | undefined, rows: number | undefined) =>
    !pair ||
    [pair.k, pair.v].every(
      ({ shape }) =>
        shape.length === 5 &&
        [B, blocks, rows, Hkv, D].every((size, axis) => size === undefined || size === shape[axis]),
    );
  const held = [
    q.rank === 5 && H % Hkv === 0,
    fits({ k, v }, T, M),
    fits(fam, T, undefined),
    fits(memory, undefined, T > 1 ? M : undefined),
    !memory || (memory.visible.rank === 1 && memory.visible.shape[0] === B),
    !memory?.rotation || memory.rotation.cos.shape[0] >= memory.k.shape[1]!,
  ];
  require(held.every(Boolean), ShapeError, () => ({
    wrong: `Attention got q [${q.shape}], k [${k.shape}], v [${v.shape}]${fam ? `, FAM k [${fam.k.shape}]` : ''}${
      memory ? `, memory k [${memory.k.shape}], visible [${memory.visible.shape}]` : ''
    }.`,
    expected:
      'q [B,T,N,H,D], k and v [B,T,M,Hkv,D], FAM [B,T,F,Hkv,D], memory [B,m,M,Hkv,D] with visible [B], H a multiple of Hkv.',
    remedy: 'check the axes against the docstring of BlockAttention.',
  }));
}
