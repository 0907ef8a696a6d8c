/** Products of scores, weights or dS with keys, values or queries: what attention spends its time on. */
import type { Rectangle, WebglHost } from '@famjs/backends/webgl';
import { each, KEYS, type Layout, type Matrix, structured } from './layout.ts';

/** A part of the problem whose scores are in memory at once: some blocks by some heads. */
export interface Part {
  firstBlock: number;
  blocks: number;
  firstHead: number;
  heads: number;
}

const LANES = ['x', 'y', 'z', 'w'];

/** Where the fragment stands among the scores of a part. */
export const standing = `
  ivec2 texel = ivec2(gl_FragCoord.xy);
  int block = over(texel.y, NG), i = texel.y - block * NG;
  block += firstBlock;`;

/** GLSL that adds up, in s0 …, the products of a tile of rows of `a` with the four rows of `b` in one group. */
export function dots(R: number, a: string, b: string): string {
  return `
    ${each(R, (r) => `vec4 s${r} = vec4(0.0);`)}
    float aRow = (float(block * NG + i) + 0.5) * ${a}Texel.y, bRow = (float(block * KG + j) + 0.5) * ${b}Texel.y;
    float aColumn = float(head * DG) + 0.5, bColumn = float(over(head * Hkv, H) * DG) + 0.5;
    for (int d = 0; d < DG; d++) {
      vec2 aAt = vec2((aColumn + float(d)) * ${a}Texel.x, aRow), bAt = vec2((bColumn + float(d)) * ${b}Texel.x, bRow);
      ${each(KEYS, (k) => `vec4 b${k} = texture(${b}[${k}], bAt);`)}
      ${each(R, (r) => `vec4 a${r} = texture(${a}[${r}], aAt);`)}
      ${each(R, (r) => `s${r} += vec4(${[0, 1, 2, 3].map((k) => `dot(a${r}, b${k})`).join(', ')});`)}
    }`;
}

/**
 * Draws weights · x into the rows of queries, for the heads of the part.
 *
 * @param weights of the part, rows of queries by keys
 * @param x keys or values
 * @param divide whether rows are divided by the sum of their weights
 */
export function intoQueries(
  host: WebglHost,
  layout: Layout,
  part: Part,
  weights: Matrix,
  x: Matrix,
  targets: Matrix,
  divide: boolean,
): void {
  const { R, DG, NG } = layout;
  const add = (r: number) =>
    `s${r} += ${LANES.map((lane, k) => `w${r}.${lane} * x${k}`).join(' + ')};${divide ? `sum${r} += w${r};` : ''}`;
  host.draw(
    structured(layout)({
      code: `
        void main() {
          ${standing}
          int head = over(texel.x, DG), d = texel.x - head * DG;
          ${each(R, (r) => `vec4 s${r} = vec4(0.0), sum${r} = vec4(0.0);`)}
          float wRow = (float((block - firstBlock) * NG + i) + 0.5) * weightsTexel.y;
          float wColumn = float((head - firstHead) * KG) + 0.5;
          float xRow = float(block * KG) + 0.5, xColumn = (float(over(head * Hkv, H) * DG + d) + 0.5) * xTexel.x;
          int end = endGroup(i);
          for (int j = firstGroup(block); j < end; j++) {
            vec2 wAt = vec2((wColumn + float(j)) * weightsTexel.x, wRow), xAt = vec2(xColumn, (xRow + float(j)) * xTexel.y);
            ${each(KEYS, (k) => `vec4 x${k} = texture(x[${k}], xAt);`)}
            ${each(R, (r) => `vec4 w${r} = texture(weights[${r}], wAt);`)}
            ${each(R, add)}
          }
          ${each(R, (r) => `target${r} = ${divide ? `s${r} / dot(sum${r}, vec4(1.0))` : `s${r}`};`)}
        }`,
      textures: { weights, x },
      integers: placeOf(part),
      targets,
      region: rectangle(part, DG, NG),
    }),
  );
}

/**
 * Draws weightsᵀ · x into the rows of keys, for the key/value heads of the part.
 *
 * @param weights of the part, rows of queries by keys
 * @param x queries, or the gradient of what they read
 */
export function intoKeys(
  host: WebglHost,
  layout: Layout,
  part: Part,
  weights: Matrix,
  x: Matrix,
  targets: Matrix,
): void {
  const { R, DG, KG, H, Hkv } = layout;
  const share = H / Hkv;
  const add = (k: number) =>
    `s${k} += ${Array.from({ length: R }, (_, r) => `w${r}.${LANES[k]} * x${r}`).join(' + ')};`;
  host.draw(
    structured(layout)({
      code: `
        void main() {
          ivec2 texel = ivec2(gl_FragCoord.xy);
          int block = over(texel.y, KG), j = texel.y - block * KG;
          int keyHead = over(texel.x, DG), d = texel.x - keyHead * DG, share = H / Hkv;
          ${each(KEYS, (k) => `vec4 s${k} = vec4(0.0);`)}
          if (j >= firstGroup(block)) for (int head = keyHead * share; head < (keyHead + 1) * share; head++) {
            float wColumn = (float((head - firstHead) * KG + j) + 0.5) * weightsTexel.x;
            float xColumn = (float(head * DG + d) + 0.5) * xTexel.x;
            float wRow = float((block - firstBlock) * NG) + 0.5, xRow = float(block * NG) + 0.5;
            for (int i = firstQueryGroup(j); i < NG; i++) {
              vec2 wAt = vec2(wColumn, (wRow + float(i)) * weightsTexel.y), xAt = vec2(xColumn, (xRow + float(i)) * xTexel.y);
              ${each(R, (r) => `vec4 w${r} = texture(weights[${r}], wAt), x${r} = texture(x[${r}], xAt);`)}
              ${each(KEYS, add)}
            }
          }
          ${each(KEYS, (k) => `target${k} = s${k};`)}
        }`,
      textures: { weights, x },
      integers: placeOf(part),
      targets,
      region: rectangle({ ...part, firstHead: part.firstHead / share, heads: part.heads / share }, DG, KG),
    }),
  );
}

export const placeOf = ({ firstBlock, firstHead }: Part) => ({ firstBlock, firstHead });

/** The part of a matrix of all blocks and heads. */
export function rectangle(part: Part, width: number, height: number): Rectangle {
  return {
    x: part.firstHead * width,
    y: part.firstBlock * height,
    width: part.heads * width,
    height: part.blocks * height,
  };
}
