/** Who sees what, in WGSL: the sizes of a call, its rows of queries, and the runs of keys that a tile of them sees. */
import type { WebGpuHost } from '@famjs/backends/webgpu';
import type * as tf from '@tensorflow/tfjs-core';
import { type AttentionAttributes, type AttentionTensors, sizesOf } from '../problem.ts';

/** Small tensors of a call in one, and the numbers by which all shaders know the call. */
export function pose(
  host: WebGpuHost,
  tensors: AttentionTensors,
  { causalOffset, scale }: AttentionAttributes,
  rows: { logSumExp?: tf.TensorInfo; delta?: tf.TensorInfo } = {},
) {
  const { B, T, N, M, H, Hkv, D, F, m, C } = sizesOf(tensors);
  const { famK, famV, visible, rotationCos, rotationSin } = tensors;
  const { packed, at } = host.pack({
    ...{ famKAt: famK, famVAt: famV, visibleAt: visible, cosAt: rotationCos, sinAt: rotationSin },
    ...{ logSumExpAt: rows.logSumExp, deltaAt: rows.delta },
  });
  const reach = causalOffset === undefined ? M : Math.min(causalOffset + 1, M);
  // Row r of a head of keys is query head r mod G of the token ⌊r / G⌋.
  const G = H / Hkv;
  return {
    sizes: { B, T, N, M, Hkv, D, G },
    packed,
    counts: { T, N, M, H, Hkv, D, G, F, m: C > 0 ? m : 0, C, reach, rotated: rotationCos ? 1 : 0, ...at },
    factors: { scale },
  };
}

export type Posed = ReturnType<typeof pose>;

/** Values of `packed`, and turning by the angles of some blocks. */
export const packedValues = `
  fn packedAt(index: u32) -> f32 { return bitcast<f32>(packed[index]); }

  // The value that turns together with the one at d.
  fn partnerOf(d: u32) -> u32 {
    let half = sizes.D / 2u;
    return select(d + half, d - half, d >= half);
  }

  // The value at d, turned with its partner by the angles of so many blocks.
  fn turn(value: f32, partner: f32, d: u32, blocks: u32, direction: f32) -> f32 {
    let half = sizes.D / 2u;
    let angle = (blocks - 1u) * half + min(d, partnerOf(d));
    let side = select(direction, -direction, d < half);
    return value * packedAt(sizes.cosAt + angle) + side * partner * packedAt(sizes.sinAt + angle);
  }`;

/** Rows of the queries of one head of keys in one block. */
export const queryRows = `
  fn tokenOf(row: u32) -> u32 { return row / sizes.G; }
  // Index of the query among all [B, T, N, H].
  fn queryOf(block: u32, head: u32, row: u32) -> u32 {
    return (block * sizes.N + tokenOf(row)) * sizes.H + head * sizes.G + row % sizes.G;
  }`;

/** WGSL of four columns of a key's row, zero beyond the run and beyond the head's width, turned where `turns` holds. */
const vectorOf = (name: string, read: string, turns: string) => `
  fn ${name}(run: Run, key: u32, j: u32) -> vec4<f32> {
    var vector = vec4<f32>();
    if (key >= run.length) { return vector; }
    let at = run.at + key * sizes.Hkv * sizes.D;
    for (var i = 0u; i < 4u; i++) {
      let d = 4u * j + i;
      if (d >= sizes.D) { break; }
      vector[i] = ${read}(run.kind, at + d);
      if (run.back > 0u && ${turns}) {
        vector[i] = turn(vector[i], ${read}(run.kind, at + partnerOf(d)), d, run.back, -1.0);
      }
    }
    return vector;
  }`;

/** Runs of keys, and their tiles as streamed rows. Needs the bindings k, v, memoryK, memoryV and packed. */
export const keyRuns = `
  ${packedValues}
  ${queryRows}

  const FAM = 0u;
  const CALL = 1u;
  const MEMORY = 2u;
  // Keys of one segment: the tensors that hold it, where the first one lies, how many there are and how far back.
  struct Run { kind: u32, at: u32, length: u32, back: u32 }

  // Run 0 is FAM, run 1 the own block as far as its lastToken sees, run 1 + s the segment s blocks back.
  fn runOf(run: u32, block: u32, head: u32, lastToken: u32) -> Run {
    let b = block / sizes.T;
    let t = block % sizes.T;
    if (run == 0u) { return Run(FAM, (block * sizes.F * sizes.Hkv + head) * sizes.D, sizes.F, 0u); }
    if (run == 1u) {
      return Run(CALL, (block * sizes.M * sizes.Hkv + head) * sizes.D, min(sizes.M, sizes.reach + lastToken), 0u);
    }
    let back = run - 1u;
    if (back <= t) { return Run(CALL, ((block - back) * sizes.M * sizes.Hkv + head) * sizes.D, sizes.M, back); }
    let beyond = back - t;
    let seen = beyond <= u32(packed[sizes.visibleAt + b]);
    let at = ((b * sizes.m + sizes.m - beyond) * sizes.C * sizes.Hkv + head) * sizes.D;
    return Run(MEMORY, at, select(0u, sizes.C, seen), back);
  }

  fn keyValue(kind: u32, index: u32) -> f32 {
    if (kind == CALL) { return k[index]; }
    if (kind == MEMORY) { return memoryK[index]; }
    return packedAt(sizes.famKAt + index);
  }

  fn valueValue(kind: u32, index: u32) -> f32 {
    if (kind == CALL) { return v[index]; }
    if (kind == MEMORY) { return memoryV[index]; }
    return packedAt(sizes.famVAt + index);
  }

  ${vectorOf('keyVector', 'keyValue', 'sizes.rotated == 1u')}
  ${vectorOf('valueVector', 'valueValue', 'false')}`;
