/**
 * How attention lies in textures. A matrix keeps its rows in groups, one texture for each row of a group, and four columns
 * in a texel: a pass that draws a tile of rows by four columns reads eight texels for 64 products.
 */
import type { Pass, WebglHost } from '@famjs/backends/webgl';
import type * as tf from '@tensorflow/tfjs-core';
import { type AttentionAttributes, type AttentionTensors, type Sizes, sizesOf } from '../problem.ts';

/** Rows of a group, by the texture that holds them. */
export type Matrix = tf.TensorInfo[];

/** Keys are always in groups of four, in a block's own order: memory segments, oldest first, FAM, the block itself. */
export const KEYS = 4;

export type Layout = ReturnType<typeof layoutOf>;

/** How many blocks have room in the rows of a texture, at least one. */
export function mostBlocks(sizes: Sizes, largest: number): number {
  const { NG, KG } = groupsOf(sizes);
  return Math.max(1, Math.floor(largest / Math.max(NG, KG)));
}

/** How many groups there are of the queries of a block, of keys in a segment, FAM and itself, of all, and of columns. */
function groupsOf({ N, M, D, F, m, C }: Sizes) {
  // One token leaves three rows of a group empty: it goes alone.
  const R = N > 1 ? 4 : 1;
  const groups = (count: number, size: number) => Math.ceil(count / size);
  const [NG, CG, FG, MG] = [groups(N, R), groups(C, KEYS), groups(F, KEYS), groups(M, KEYS)];
  return { R, NG, CG, FG, MG, KG: m * CG + FG + MG, DG: groups(D, 4) };
}

/** Sizes by the letters of `BlockAttention`; those with a G count groups, of a head's columns, of queries or of keys. */
export function layoutOf(tensors: AttentionTensors, { causalOffset, scale }: AttentionAttributes) {
  const sizes = sizesOf(tensors);
  const { B, T, N, M, D, F, m, C } = sizes;
  const { R, ...counts } = groupsOf(sizes);
  const { H, Hkv } = sizes;
  const integers = { T, N, M, F, m, C, D, H, Hkv, ...counts, offset: causalOffset ?? 0 };
  return {
    ...sizes,
    ...counts,
    R,
    blocks: B * T,
    causal: causalOffset !== undefined,
    visible: m > 0 ? tensors.visible : undefined,
    integers,
    floats: { scale },
  };
}

/** A matrix with so many texels a group of rows and so many groups. */
export function matrix(host: WebglHost, textures: number, width: number, height: number): Matrix {
  return Array.from({ length: textures }, () => host.texture(width, height));
}

/** GLSL for each of so many rows or columns. */
export const each = (count: number, code: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => code(index)).join('\n');

/** What passes over scores share: their sizes, and which groups of keys a group of queries of a block sees. */
export function structured({ R, causal, visible, integers, floats }: Layout) {
  const code = `
    const int R = ${R};
    int ownGroup() { return m * CG + FG; }
    int firstGroup(int block) {
      ${visible ? 'int row = over(block, T); return (m - min(m, int(visible(row)) + block - row * T)) * CG;' : 'return 0;'}
    }
    int endGroup(int i) {
      return ${causal ? 'ownGroup() + min(MG, (offset + R * i + R - 1) / 4 + 1)' : 'KG'};
    }
    int firstQueryGroup(int j) {
      return ${causal ? 'max(0, 4 * (j - ownGroup()) - offset) / R' : '0'};
    }
    int keysOf(int j) {
      if (j >= ownGroup()) return M - 4 * (j - ownGroup());
      if (j >= m * CG) return F - 4 * (j - m * CG);
      return C - 4 * (j - over(j, CG) * CG);
    }
    int keysSeen(int j, int query) {
      return ${causal ? 'min(keysOf(j), j >= ownGroup() ? offset + query + 1 - 4 * (j - ownGroup()) : 4)' : 'keysOf(j)'};
    }
    bvec4 seen(int keys) { return lessThan(ivec4(0, 1, 2, 3), ivec4(keys)); }`;
  const tensors: Record<string, tf.TensorInfo> = visible ? { visible } : {};
  return (pass: Partial<Pass> & Pick<Pass, 'code' | 'targets'>): Pass => ({
    ...pass,
    code: code + pass.code,
    tensors: { ...tensors, ...pass.tensors },
    integers: { ...integers, ...pass.integers },
    floats: { ...floats, ...pass.floats },
  });
}
