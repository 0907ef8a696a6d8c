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
      ${cell(R)}
      float value(int row, int column) {
        int block = over(row, N), query = row - block * N, head = over(column, D);
        return cell(block * NG, query, head, column - head * D);
      }
      ${elementwise}`,
    textures: { x },
    integers,
  });
}

/** [B, T, N, H] from one texel for each group of queries and head. */
export function scatterLevels(host: WebglHost, layout: Layout, levels: tf.TensorInfo): tf.TensorInfo {
  const { B, T, N, H, R, integers } = layout;
  return host.compute({
    shape: [B, T, N, H],
    width: H,
    code: `
      float value(int row, int head) {
        int block = over(row, N), query = row - block * N, group = query / ${R};
        return texture(levels[0], (vec2(head, block * NG + group) + 0.5) * levelsTexel)[query - ${R} * group];
      }
      ${elementwise}`,
    textures: { levels: [levels] },
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
  turned: Pick<AttentionTensors, 'rotationCos' | 'rotationSin'>,
): tf.TensorInfo {
  const { Hkv, D, integers } = layout;
  const { rotationCos: cosines, rotationSin: sines } = turned;
  const turn = `
    int halfWidth = D / 2, angle = (back - 1) * halfWidth + (d < halfWidth ? d : d - halfWidth);
    float there = d < halfWidth ? -cell(rows, key, head, d + halfWidth) : cell(rows, key, head, d - halfWidth);
    return cell(rows, key, head, d) * cosines(angle) + there * sines(angle);`;
  // Place p of the memory followed by the blocks of the call is segment p − t of what block t sees, the last its own.
  const past = (place: string) => `
    int b = over(block, blocks), place = ${place};
    float sum = 0.0;
    for (int t = max(0, place - m); t <= min(T - 1, place); t++) {
      int segment = place - t, rows = (b * T + t) * KG;
      sum += segment == m ? cell(rows + m * CG + FG, key, head, d) : pastCell(rows + segment * CG, key, head, d, m - segment);
    }
    return sum;`;
  const body = {
    own: past('m + block - b * blocks'),
    memory: past('block - b * blocks'),
    fam: 'return cell(block * KG + m * CG, key, head, d);',
  }[holder];
  return host.compute({
    shape,
    width: Hkv * D,
    code: `
      ${cell(KEYS)}
      float pastCell(int rows, int key, int head, int d, int back) {
        ${cosines && sines ? turn : 'return cell(rows, key, head, d);'}
      }
      float value(int row, int column) {
        int block = over(row, size), key = row - block * size, head = over(column, D), d = column - head * D;
        ${body}
      }
      ${elementwise}`,
    textures: { x },
    tensors: cosines && sines && holder !== 'fam' ? { cosines, sines } : {},
    integers: { ...integers, blocks: shape[1]!, size: shape[2]! },
  });
}

/** GLSL of `float cell(rows, row, head, d)`: the value of a row that follows after so many groups. */
function cell(R: number): string {
  return `
    float cell(int rows, int row, int head, int d) {
      int group = row / ${R}, r = row - ${R} * group;
      vec2 at = (vec2(head * DG + d / 4, rows + group) + 0.5) * xTexel;
      vec4 four;
      ${each(R, (r) => `${r > 0 ? 'else ' : ''}if (r == ${r}) four = texture(x[${r}], at);`)}
      return four[d & 3];
    }`;
}
