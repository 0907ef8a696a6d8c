/** Brings tensors into the matrices of the passes, with zeros in what the last groups have too many. */
import type { WebglHost } from '@famjs/backends/webgl';
import type * as tf from '@tensorflow/tfjs-core';
import type { AttentionTensors } from '../problem.ts';
import { each, KEYS, type Layout, type Matrix, matrix } from './layout.ts';

/** Queries, or what has their shape, [B, T, N, H, D]. */
export function gatherQueries(host: WebglHost, layout: Layout, x: tf.TensorInfo): Matrix {
  const { R, NG, DG, H, D, blocks, integers } = layout;
  const targets = matrix(host, R, H * DG, blocks * NG);
  const wide = D % 4 === 0 && host.inFours(x);
  host.draw({
    code: `
      ${columns('read', wide, straight('x', 'H'))}
      void main() {
        ivec2 texel = ivec2(gl_FragCoord.xy);
        int block = over(texel.y, NG), first = ${R} * (texel.y - block * NG);
        int head = over(texel.x, DG), d = 4 * (texel.x - head * DG);
        ${each(R, (r) => `target${r} = first + ${r} < N ? read(block * N + first + ${r}, head, d, 0) : vec4(0.0);`)}
      }`,
    tensors: { x },
    integers,
    targets,
  });
  return targets;
}

/** All keys that each block may see, at their positions as seen from there, or their values. */
export function gatherKeys(
  host: WebglHost,
  layout: Layout,
  tensors: AttentionTensors,
  name: 'K' | 'V',
): Matrix {
  const { T, KG, DG, Hkv, D, F, m, blocks, integers } = layout;
  const { k, v, rotationCos: cosines, rotationSin: sines } = tensors;
  const rotates = name === 'K' && m > 0 && cosines && sines;
  const sources = {
    own: name === 'K' ? k : v,
    ...(F > 0 && { fam: tensors[`fam${name}`]! }),
    ...(m > 0 && { memory: tensors[`memory${name}`]! }),
    ...(rotates && { cosines, sines }),
  };
  const wide = D % (rotates ? 8 : 4) === 0 && Object.values(sources).every(host.inFours);
  const read = rotates ? rotated : straightKeys;
  const rows = (name: string) =>
    each(KEYS, (r) => `if (first + ${r} < size) target${r} = ${name}(row + ${r}, head, d, back);`);
  const targets = matrix(host, KEYS, Hkv * DG, blocks * KG);
  host.draw({
    code: `
      ${columns('readOwn', wide, T > 1 ? read('own') : straightKeys('own'))}
      ${F > 0 ? columns('readFam', wide, straightKeys('fam')) : ''}
      ${m > 0 ? columns('readMemory', wide, read('memory')) : ''}
      void main() {
        ivec2 texel = ivec2(gl_FragCoord.xy);
        int block = over(texel.y, KG), group = texel.y - block * KG;
        int head = over(texel.x, DG), d = 4 * (texel.x - head * DG);
        int b = over(block, T), t = block - b * T;
        int segment = min(m, over(group, max(CG, 1))), back = m - segment, place = segment + t;
        int first = 4 * (group - segment * CG), row = (b * m + place) * C + first, size = C;
        bool isFam = back == 0 && first < 4 * FG;
        if (isFam) { row = block * F + first; size = F; }
        else if (place >= m) {
          if (back == 0) first -= 4 * FG;
          row = (b * T + place - m) * M + first;
          size = M;
        }
        ${each(KEYS, (r) => `target${r} = vec4(0.0);`)}
        if (place >= m && !isFam) { ${rows('readOwn')} }
        ${F > 0 ? `else if (isFam) { ${rows('readFam')} }` : ''}
        ${m > 0 ? `else { ${rows('readMemory')} }` : ''}
      }`,
    tensors: sources,
    integers,
    targets,
  });
  return targets;
}

type Body = (part: 'vec4' | 'float') => string;

/** GLSL of `vec4 <name>(row, head, d, back)`: four columns, read at once or one by one, zero beyond the head's width. */
function columns(name: string, wide: boolean, body: Body): string {
  const part = wide ? 'vec4' : 'float';
  const one = (c: number) => `d + ${c} < D ? ${name}Part(row, head, d + ${c}, back) : 0.0`;
  const all = wide ? `${name}Part(row, head, d, back)` : `vec4(${[0, 1, 2, 3].map(one).join(', ')})`;
  return `
    ${part} ${name}Part(int row, int head, int d, int back) { ${body(part)} }
    vec4 ${name}(int row, int head, int d, int back) { return ${all}; }`;
}

function straight(source: string, heads: 'H' | 'Hkv'): Body {
  return (part) => `return ${source}${part === 'vec4' ? '4' : ''}((row * ${heads} + head) * D + d);`;
}

const straightKeys = (source: string) => straight(source, 'Hkv');

/** Keys some blocks back, as they are seen so many blocks further on. */
function rotated(source: string): Body {
  return (part) => {
    const four = part === 'vec4' ? '4' : '';
    return `
      int halfWidth = D / 2, place = (row * Hkv + head) * D + d;
      int angle = max(0, back - 1) * halfWidth + (d < halfWidth ? d : d - halfWidth);
      ${part} here = ${source}${four}(place);
      ${part} there = d < halfWidth ? ${source}${four}(place + halfWidth) : -${source}${four}(place - halfWidth);
      return back == 0 ? here : here * cosines${four}(angle) + there * sines${four}(angle);`;
  };
}
