/** Quantised matrices on webgl: products of a few rows in which blocks are widened where they are multiplied, and rows widened by themselves. */
import type { WebglHost } from '@famjs/backends/webgl';
import * as tf from '@tensorflow/tfjs-core';
import type { BlockAttributes } from '../quantised.ts';
import { readsBlocks } from './blocks.ts';

type Inputs = { x: tf.TensorInfo; words: tf.TensorInfo };

export const words = (
  host: WebglHost,
  _: object,
  { shape, bytes }: { shape: number[]; bytes: Uint8Array },
): tf.TensorInfo => host.words(shape, bytes);

/** Two rows of the matrix widened by a fragment are used for two rows: many rows pay for widening them once, in runs. */
const mostRows = 8;

export const takes = ({ x }: Inputs, { width }: BlockAttributes): boolean =>
  tf.util.sizeFromShape(x.shape) <= mostRows * width;

export function quantisedLinear(
  host: WebglHost,
  { x, words }: Inputs,
  { type, width }: BlockAttributes,
): tf.TensorInfo[] {
  const [rows, pitch] = words.shape as [number, number];
  return [
    host.compute({
      shape: [...x.shape.slice(0, -1), rows],
      width: rows,
      code: `
        ${readsBlocks(type)}
        vec4 values(int row, int column) {
          vec4 sums = vec4(0.0);
          for (int k = 0; k < width; k += 4) {
            vec4 left = x2x2(row, k), right = x2x2(row, k + 2), a = fourOf(column, k), b = fourOf(column + 1, k);
            vec4 upper = vec4(left.xy, right.xy), lower = vec4(left.zw, right.zw);
            sums += vec4(dot(upper, a), dot(upper, b), dot(lower, a), dot(lower, b));
          }
          return sums;
        }`,
      tensors: { x, words },
      widths: { x: width },
      integers: { rows, pitch, width },
    }),
  ];
}

/** Terms of a sum that are added up by themselves: sums over a vocabulary would lose digits otherwise. */
const run = 64;

export function quantisedLinearGradient(
  host: WebglHost,
  { words, dy }: Inputs & { dy: tf.TensorInfo },
  { type, width }: BlockAttributes,
): tf.TensorInfo[] {
  const [rows, pitch] = words.shape as [number, number];
  return [
    host.compute({
      shape: [...dy.shape.slice(0, -1), width],
      width,
      code: `
        ${readsBlocks(type)}
        vec2 twoOf(int row, int k) {
          vec4 four = fourOf(row, k & ~3);
          return (k & 2) == 0 ? four.xy : four.zw;
        }
        vec4 values(int row, int column) {
          vec4 sums = vec4(0.0);
          for (int start = 0; start < rows; start += ${run}) {
            vec4 part = vec4(0.0);
            for (int o = start; o < min(rows, start + ${run}); o += 2) {
              vec4 upstream = dy2x2(row, o);
              part += upstream.xxzz * twoOf(o, column).xyxy;
              if (o + 1 < rows) part += upstream.yyww * twoOf(o + 1, column).xyxy;
            }
            sums += part;
          }
          return sums;
        }`,
      tensors: { dy, words },
      widths: { dy: rows },
      integers: { rows, pitch },
    }),
  ];
}

export function widenedRows(
  host: WebglHost,
  { words, ids }: { words: tf.TensorInfo; ids?: tf.TensorInfo | undefined },
  { type, width, from, count }: BlockAttributes & { from: number; count: number },
): tf.TensorInfo {
  const [rows, pitch] = words.shape as [number, number];
  return host.compute({
    shape: [count, width],
    width,
    code: `
      ${readsBlocks(type)}
      vec2 twoOf(int line, int k) {
        vec4 four = fourOf(${ids ? 'int(ids(line))' : 'first + line'}, k & ~3);
        return (k & 2) == 0 ? four.xy : four.zw;
      }
      vec4 values(int row, int column) {
        return vec4(twoOf(row, column), twoOf(row + 1, column));
      }`,
    tensors: ids ? { words, ids } : { words },
    integers: { rows, pitch, first: from },
  });
}
