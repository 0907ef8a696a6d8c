/** Attention as a composition of core ops: the reference of all kernels, and what runs where there is none. */
import { rotary } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import { type AttentionAttributes, type AttentionTensors, type Sizes, sizesOf } from './problem.ts';

/** Tensors where the kernels have handles. */
export type Given<T> = { [K in keyof T]: tf.Tensor | Extract<T[K], undefined> };

/** Low enough to vanish in a softmax, finite because some GPU languages know no infinity. */
const HIDDEN = -1e9;

/** @returns the value [B, T, N, H, Dv] */
export function composed(given: Given<AttentionTensors>, attributes: AttentionAttributes): tf.Tensor {
  const sizes = sizesOf(given);
  const { B, T, N, H, Hkv, Dv } = sizes;
  const values = headMajor(valuesSeen(given, sizes), sizes);
  const heads = tf.reshape(tf.matMul(probabilities(given, attributes), values), [B, T, Hkv, H / Hkv, N, Dv]);
  return tf.reshape(tf.transpose(heads, [0, 1, 4, 2, 3, 5]), [B, T, N, H, Dv]);
}

/** Softmax over all keys of a block, FAM first, then sinks, memory from far to near and itself: [B, T, Hkv, H / Hkv · N, keys]. */
export function probabilities(given: Given<AttentionTensors>, attributes: AttentionAttributes): tf.Tensor {
  const sizes = sizesOf(given);
  const { B, T, N, H, Hkv, D } = sizes;
  const keys = headMajor(keysSeen(given, sizes), sizes);
  const scaled = tf.reshape(tf.mul(given.q, attributes.scale), [B, T, N, Hkv, H / Hkv, D]);
  const queries = tf.reshape(tf.transpose(scaled, [0, 1, 3, 4, 2, 5]), [B, T, Hkv, (H / Hkv) * N, D]);
  const scores = tf.matMul(queries, keys, false, true);
  const columns = columnsOf(sizes);
  let open: tf.Tensor = tf.reshape(scores, [B, T, Hkv, H / Hkv, N, columns.length]);
  if (attributes.causalOffset !== undefined) {
    open = tf.add(open, tokenMask(columns, N, attributes));
    if (attributes.pinned) open = tf.add(open, pinnedMask(columns, T, N, attributes, given.visible!));
  }
  if (given.visible) open = tf.add(open, segmentMask(given.visible, T, columns));
  return tf.reshape(tf.softmax(open), scores.shape);
}

/** Keys as each block sees them, in parts of rank 3 with rows for blocks: [B · T, keys, Hkv · D]. */
function keysSeen(given: Given<AttentionTensors>, sizes: Sizes): tf.Tensor[] {
  const { famK, sinksK, memoryK, k } = given;
  return partsSeen({ fam: famK, sinks: sinksK, memory: memoryK, own: k }, sizes, (segment, s) =>
    rotatedBack(segment, given, sizes, s),
  );
}

function valuesSeen({ famV, sinksV, memoryV, v }: Given<AttentionTensors>, sizes: Sizes): tf.Tensor[] {
  return partsSeen({ fam: famV, sinks: sinksV, memory: memoryV, own: v }, sizes, (segment) => segment);
}

function partsSeen(
  {
    fam,
    sinks,
    memory,
    own,
  }: Partial<Record<'fam' | 'sinks' | 'memory', tf.Tensor | undefined>> & {
    own: tf.Tensor;
  },
  { B, T, m, C }: Sizes,
  place: (segment: tf.Tensor, distance: number) => tf.Tensor,
): tf.Tensor[] {
  const width = own.shape[3]! * own.shape[4]!;
  const rows = (x: tf.Tensor) => tf.reshape(x, [B * T, x.size / (B * T * width), width]);
  // Backends cut and join along few axes fast, along five slowly.
  const flat = (x: tf.Tensor) => tf.reshape(x, [B, x.shape[1]!, x.size / (B * x.shape[1]!)]);
  const everywhere = (x: tf.Tensor) => tf.broadcastTo(tf.reshape(x, [B, 1, x.size / B]), [B, T, x.size / B]);
  const run = memory && (T > 1 ? tf.concat([flat(memory), flat(own)], 1) : flat(memory));
  // Block t meets the segment s blocks back in place m − s + t of the memory followed by the blocks of the call.
  const segments = distances(m).map((s) => place(tf.slice(run!, [0, m - s, 0], [B, T, C * width]), s));
  return [...(fam ? [fam] : []), ...(sinks ? [everywhere(sinks)] : []), ...segments, own].map(rows);
}

/** Segments as they stand in a row of keys: the farthest first. */
const distances = (m: number) => Array.from({ length: m }, (_, index) => m - index);

/** Parts [B · T, keys, Hkv · width] as [B, T, Hkv, all keys, width]. */
function headMajor(parts: tf.Tensor[], { B, T, Hkv }: Sizes): tf.Tensor {
  const joined = parts.length > 1 ? tf.concat(parts, 1) : parts[0]!;
  const [, keys, width] = joined.shape as [number, number, number];
  return tf.transpose(tf.reshape(joined, [B, T, keys, Hkv, width / Hkv]), [0, 1, 3, 2, 4]);
}

/** Keys of the segments s blocks back, at their positions as seen from the block that looks; any shape. */
function rotatedBack(
  keys: tf.Tensor,
  { rotationCos, rotationSin }: Given<AttentionTensors>,
  { Hkv, D }: Sizes,
  s: number,
): tf.Tensor {
  if (!rotationCos || !rotationSin) return keys;
  const angles = (table: tf.Tensor) => tf.slice(table, [s - 1, 0], [1, D / 2]) as tf.Tensor2D;
  const table = { cos: angles(rotationCos), sin: angles(rotationSin) };
  return tf.reshape(rotary(tf.reshape(keys, [keys.size / (Hkv * D), 1, Hkv, D]), table, true), keys.shape);
}

/** A key as all blocks have it: how many blocks back its segment lies, and its position where causality and windows ask. */
interface Column {
  distance: number;
  position?: number;
  /** Its place within its own block. */
  token?: number;
}

function columnsOf({ F, S, m, C, M }: Sizes): Column[] {
  const of = (count: number, column: (j: number) => Column) =>
    Array.from({ length: count }, (_, j) => column(j));
  return [
    ...of(F, () => ({ distance: 0 })),
    ...of(S, () => ({ distance: m + 1 })),
    ...distances(m).flatMap((s) => of(C, (j) => ({ distance: s, position: j - s * C, token: j }))),
    ...of(M, (j) => ({ distance: 0, position: j, token: j })),
  ];
}

/** [N, keys]: the query at position p sees the positions p − window + 1 … p, and whatever may be pinned before them. */
function tokenMask(
  columns: Column[],
  N: number,
  { causalOffset = 0, window = Number.POSITIVE_INFINITY, pinned = 0 }: AttentionAttributes,
): tf.Tensor {
  const hides = (p: number, { position, token }: Column) =>
    position !== undefined && (position > p || (position <= p - window && token! >= pinned));
  const mask = Array.from({ length: N }, (_, i) =>
    columns.map((column) => (hides(causalOffset + i, column) ? HIDDEN : 0)),
  );
  return tf.tensor2d(mask, [N, columns.length]);
}

/** [B, T, 1, 1, N, keys]: tokens that would be pinned in a document's first block, and are hidden as they lie in another. */
function pinnedMask(
  columns: Column[],
  T: number,
  N: number,
  { causalOffset = 0, window = Number.POSITIVE_INFINITY, pinned = 0 }: AttentionAttributes,
  visible: tf.Tensor,
): tf.Tensor {
  const hides = (p: number, { position, token }: Column) =>
    position !== undefined && token! < pinned && position <= p - window;
  const hidden = Array.from({ length: N }, (_, i) =>
    columns.map((column) => (hides(causalOffset + i, column) ? HIDDEN : 0)),
  );
  const blocks = tf.reshape(tf.range(0, T, 1, 'int32'), [1, T, 1, 1, 1, 1]);
  const distances = tf.tensor1d(
    columns.map(({ distance }) => distance),
    'int32',
  );
  const later = tf.notEqual(tf.sub(distances, blocks), tf.reshape(visible, [-1, 1, 1, 1, 1, 1]));
  return tf.mul(tf.cast(later, 'float32'), tf.tensor2d(hidden, [N, columns.length]));
}

/** [B, T, 1, 1, 1, keys]: block t sees the segment s blocks back when at least s − t segments are visible. */
function segmentMask(visible: tf.Tensor, T: number, columns: Column[]): tf.Tensor {
  const blocks = tf.reshape(tf.range(0, T, 1, 'int32'), [1, T, 1, 1, 1, 1]);
  const needed = tf.sub(
    tf.tensor1d(
      columns.map(({ distance }) => distance),
      'int32',
    ),
    blocks,
  );
  const hidden = tf.greater(needed, tf.reshape(visible, [-1, 1, 1, 1, 1, 1]));
  return tf.mul(tf.cast(hidden, 'float32'), HIDDEN);
}
