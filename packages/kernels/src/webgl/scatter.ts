/** Brings matrices back into tensors; what several blocks say about the same keys is added up. */
import { elementwise, type WebglHost } from '@famjs/backends/webgl';
import type * as tf from '@tensorflow/tfjs-core';
import type { AttentionTensors } from '../problem.ts';
import { each, KEYS, type Layout, type Matrix } from './layout.ts';

/** [B, T, N, H, D] from rows of queries. */
export function scatterQueries(host: WebglHost, layout: Layout, x: Matrix): tf.TensorInfo {
  const { B, T, N, H, D, R, integers } = layout;
  return host.compute({
    shape: [B, T, N, H, D],
    width: H * D,
    code: `
      ${cells(R)}
      vec2 read(int row, int head, int d) {
        int block = over(row, N);
        return cells(block * NG, row - block * N, head, d);
      }
      ${inPairs(D % 2 === 0)}`,
    textures: { x },
    integers,
  });
}

/** [B, T, N, H] from one texel for each group of queries and head. */
export function scatterLogSumExp(host: WebglHost, layout: Layout, logSumExps: tf.TensorInfo): tf.TensorInfo {
  const { B, T, N, H, R, integers } = layout;
  return host.compute({
    shape: [B, T, N, H],
    width: H,
    code: `
      float value(int row, int head) {
        int block = over(row, N), query = row - block * N, group = query / ${R};
        return texture(logSumExps[0], (vec2(head, block * NG + group) + 0.5) * logSumExpsTexel)[query - ${R} * group];
      }
      ${elementwise}`,
    textures: { logSumExps: [logSumExps] },
    integers,
  });
}

/** The gradient of keys or values of FAM, of the memory or of the blocks, from rows of keys. */
export function scatterKeys(
  host: WebglHost,
  layout: Layout,
  x: Matrix,
  { shape }: tf.TensorInfo,
  holder: 'own' | 'fam' | 'memory',
  rotation: Pick<AttentionTensors, 'rotationCos' | 'rotationSin'>,
): tf.TensorInfo {
  const { Hkv, D, integers } = layout;
  const { rotationCos: cosines, rotationSin: sines } = rotation;
  const rotates = cosines && sines && holder !== 'fam';
  // Two columns of a head rotate by two angles together, unless the halves of its width are odd.
  const paired = D % (rotates ? 4 : 2) === 0;
  const rotated = `
    int halfWidth = D / 2, angle = max(0, back - 1) * halfWidth + (d < halfWidth ? d : d - halfWidth);
    vec2 here = cells(rows, key, head, d);
    vec2 there = d < halfWidth ? -cells(rows, key, head, d + halfWidth) : cells(rows, key, head, d - halfWidth);
    vec2 cosine = vec2(cosines(angle), cosines(angle + 1)), sine = vec2(sines(angle), sines(angle + 1));
    return back == 0 ? here : here * cosine + there * sine;`;
  // Place p of the memory followed by the blocks of the call is segment p − t of what block t sees, the last its own.
  const past = `
    int b = over(block, blocks), place = block - b * blocks + ${holder === 'own' ? 'm' : '0'};
    vec2 sum = vec2(0.0);
    for (int t = max(0, place - m); t <= min(T - 1, place); t++) {
      int segment = place - t, group = (b * T + t) * KG + segment * CG + (segment == m ? FG : 0);
      sum += past(group, key, head, d, m - segment);
    }
    return sum;`;
  return host.compute({
    shape,
    width: Hkv * D,
    code: `
      ${cells(KEYS)}
      vec2 past(int rows, int key, int head, int d, int back) {
        ${rotates ? rotated : 'return cells(rows, key, head, d);'}
      }
      vec2 read(int row, int head, int d) {
        int block = over(row, size), key = row - block * size;
        ${holder === 'fam' ? 'return cells(block * KG + m * CG, key, head, d);' : past}
      }
      ${inPairs(paired)}`,
    textures: { x },
    tensors: rotates ? { cosines, sines } : {},
    integers: { ...integers, blocks: shape[1]!, size: shape[2]! },
  });
}

/** GLSL of `vec2 cells(rows, row, head, d)`: columns d and d + 1, if that is even, of a row after so many groups. */
function cells(R: number): string {
  return `
    vec2 cells(int rows, int row, int head, int d) {
      int group = row / ${R}, r = row - ${R} * group;
      vec2 at = (vec2(head * DG + d / 4, rows + group) + 0.5) * xTexel;
      vec4 four = texture(x[0], at);
      ${each(R - 1, (r) => `if (r == ${r + 1}) four = texture(x[${r + 1}], at);`)}
      vec2 two = (d & 2) == 0 ? four.xy : four.zw;
      return (d & 1) == 0 ? two : two.yx;
    }`;
}

/** GLSL of `vec4 values(row, column)` from `vec2 read(row, head, d)`, two columns at once where they belong together. */
function inPairs(paired: boolean): string {
  return `
    vec2 pair(int row, int column) {
      int head = over(column, D);
      ${
        paired
          ? 'return read(row, head, column - head * D);'
          : `int next = over(column + 1, D);
            return vec2(read(row, head, column - head * D).x, read(row, next, column + 1 - next * D).x);`
      }
    }
    vec4 values(int row, int column) { return vec4(pair(row, column), pair(row + 1, column)); }`;
}
