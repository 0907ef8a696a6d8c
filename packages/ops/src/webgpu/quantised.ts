/** Products with quantised matrices on webgpu: blocks are widened in registers, or in the tile that a workgroup shares. */
import type { WebGpuHost } from '@famjs/backends/webgpu';
import * as tf from '@tensorflow/tfjs-core';
import type { BlockAttributes } from '../quantised.ts';
import { readsBlocks } from './blocks.ts';
import { each } from './each.ts';
import { lanes } from './rows.ts';

export function widenedRows(
  host: WebGpuHost,
  { words, ids }: { words: tf.TensorInfo; ids?: tf.TensorInfo | undefined },
  { type, width, from, count }: BlockAttributes & { from: number; count: number },
): tf.TensorInfo {
  const numbers = host.output([count, width]);
  const [rows, pitch] = words.shape as [number, number];
  const code = () => `
    ${readsBlocks(type)}
    fn compute(index: u32) {
      let at = index * 4u;
      let line = at / sizes.width;
      let row = ${ids ? 'ids[line]' : 'i32(sizes.first + line)'};
      var four = vec4<f32>(0.0);
      if (row >= 0 && row < i32(sizes.rows)) { four = fourOf(u32(row) * sizes.pitch * 4u, at % sizes.width); }
      for (var i = 0u; i < 4u; i++) { numbers[at + i] = four[i]; }
    }`;
  host.run(
    each((count * width) / 4, {
      key: `${ids ? 'chosen' : 'widened'} rows of ${type}`,
      code,
      inputs: ids ? { words, ids } : { words },
      outputs: { numbers },
      counts: { width, rows, pitch, first: from },
    }),
  );
  return numbers;
}

/** Rows that one workgroup multiplies with a row of blocks that it reads once. */
const few = 4;

export function quantisedLinear(
  host: WebGpuHost,
  { x, words }: { x: tf.TensorInfo; words: tf.TensorInfo },
  { type, width }: BlockAttributes,
): tf.TensorInfo[] {
  const value = host.output([...x.shape.slice(0, -1), words.shape[0]!]);
  const rows = tf.util.sizeFromShape(x.shape) / width;
  if (rows <= few) multiplyFew(host, x, words, value, { type, width }, rows);
  else multiplyTiles(host, x, words, value, { type, width }, rows, true);
  return [value];
}

export function quantisedLinearGradient(
  host: WebGpuHost,
  { words, dy }: { words: tf.TensorInfo; dy: tf.TensorInfo },
  { type, width }: BlockAttributes,
): tf.TensorInfo[] {
  const dx = host.output([...dy.shape.slice(0, -1), width]);
  const rows = tf.util.sizeFromShape(dy.shape) / words.shape[0]!;
  multiplyTiles(host, dy, words, dx, { type, width }, rows, false);
  return [dx];
}

function multiplyFew(
  host: WebGpuHost,
  x: tf.TensorInfo,
  words: tf.TensorInfo,
  value: tf.TensorInfo,
  { type, width }: BlockAttributes,
  rows: number,
): void {
  const [columns, pitch] = words.shape as [number, number];
  const numbered = Array.from({ length: few }, (_, row) => row);
  const code = () => `
    ${readsBlocks(type)}
    ${numbered.map((row) => host.joinLanes(`sum${row}Of`, 'sum', lanes)).join('')}
    fn kernel(column: u32, lane: u32) {
      var sums = array<f32, ${few}>();
      for (var k = 4u * lane; k < sizes.width; k += ${4 * lanes}u) {
        let four = fourOf(column * sizes.pitch * 4u, k);
        for (var row = 0u; row < sizes.rows; row++) {
          let at = row * sizes.width + k;
          sums[row] += dot(four, vec4<f32>(x[at], x[at + 1u], x[at + 2u], x[at + 3u]));
        }
      }
      ${numbered
        .map(
          (row) => `
      let sum${row} = sum${row}Of(sums[${row}], lane);
      if (lane == 0u && ${row}u < sizes.rows) { value[${row}u * sizes.columns + column] = sum${row}; }`,
        )
        .join('')}
    }`;
  host.run({
    key: `few rows by ${type}`,
    code,
    inputs: { x, words },
    outputs: { value },
    counts: { rows, columns, width, pitch },
    workgroupSize: lanes,
    workgroups: rows > 0 ? columns : 0,
  });
}

/** Rows, columns and depth of a tile; each lane sums up four by four of its products. */
const side = 32;

/** left [rows, depth] · the matrix, transposed or as it lies; what a tile needs of it is widened once for all its rows. */
function multiplyTiles(
  host: WebGpuHost,
  left: tf.TensorInfo,
  words: tf.TensorInfo,
  product: tf.TensorInfo,
  { type, width }: BlockAttributes,
  rows: number,
  transposed: boolean,
): void {
  const [lines, pitch] = words.shape as [number, number];
  const [depth, columns] = transposed ? [width, lines] : [lines, width];
  const place = transposed
    ? {
        row: 'firstColumn + line',
        end: 'sizes.columns',
        k: 'start + along',
        at: `(along + i) * ${side}u + line`,
      }
    : {
        row: 'start + line',
        end: 'sizes.depth',
        k: 'firstColumn + along',
        at: `line * ${side}u + along + i`,
      };
  const code = () => `
    ${readsBlocks(type)}
    var<workgroup> ours: array<f32, ${side * side}>;
    var<workgroup> theirs: array<f32, ${side * side}>;
    fn kernel(workgroup: u32, lane: u32) {
      let across = (sizes.columns + ${side - 1}u) / ${side}u;
      let firstRow = workgroup / across * ${side}u;
      let firstColumn = workgroup % across * ${side}u;
      let ownRow = lane / 8u * 4u;
      let ownColumn = lane % 8u * 4u;
      var sums = array<vec4<f32>, 4>();
      for (var start = 0u; start < sizes.depth; start += ${side}u) {
        for (var part = lane; part < ${(side * side) / 4}u; part += 64u) {
          let line = part / 8u;
          let along = part % 8u * 4u;
          var four = vec4<f32>(0.0);
          if (${place.row} < ${place.end}) { four = fourOf((${place.row}) * sizes.pitch * 4u, ${place.k}); }
          let row = firstRow + line;
          for (var i = 0u; i < 4u; i++) {
            theirs[${place.at}] = four[i];
            var number = 0.0;
            if (row < sizes.rows && start + along + i < sizes.depth) {
              number = left[row * sizes.depth + start + along + i];
            }
            ours[line * ${side}u + along + i] = number;
          }
        }
        workgroupBarrier();
        for (var d = 0u; d < ${side}u; d++) {
          let at = d * ${side}u + ownColumn;
          let right = vec4<f32>(theirs[at], theirs[at + 1u], theirs[at + 2u], theirs[at + 3u]);
          for (var i = 0u; i < 4u; i++) { sums[i] += ours[(ownRow + i) * ${side}u + d] * right; }
        }
        workgroupBarrier();
      }
      for (var i = 0u; i < 4u; i++) {
        for (var j = 0u; j < 4u; j++) {
          let row = firstRow + ownRow + i;
          let column = firstColumn + ownColumn + j;
          if (row < sizes.rows && column < sizes.columns) { product[row * sizes.columns + column] = sums[i][j]; }
        }
      }
    }`;
  host.run({
    key: `${transposed ? 'rows' : 'gradient of rows'} by ${type}`,
    code,
    inputs: { left, words },
    outputs: { product },
    counts: { rows, columns, depth, pitch },
    workgroupSize: 64,
    workgroups: Math.ceil(rows / side) * Math.ceil(columns / side),
  });
}
