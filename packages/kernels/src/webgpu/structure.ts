/** Who sees what, in WGSL: the sizes of a call, its rows of queries, and the runs of keys that a tile of them sees. */
import type { WebGpuHost } from '@famjs/backends/webgpu';
import type * as tf from '@tensorflow/tfjs-core';
import type { AttentionTensors, Problem } from '../problem.ts';

/** Tokens of a window that hides nothing. */
export const ENDLESS = 2 ** 30;

/** Small tensors of a call in one, and the numbers by which all shaders know the call. */
export function pose(
  host: WebGpuHost,
  { famK, famV, sinksK, sinksV, visible, rotationCos, rotationSin }: AttentionTensors,
  problem: Problem,
  rows: { logSumExp?: tf.TensorInfo; delta?: tf.TensorInfo } = {},
) {
  const { B, T, N, M, H, Hkv, D, Dv, F, S, m, C, causalOffset, window = ENDLESS, scale } = problem;
  const { ownPitch, ownFirst, memoryPitch, memoryFirst, sinksBack } = problem;
  const { packed, at } = host.pack({
    ...{ famKAt: famK, famVAt: famV, sinksKAt: sinksK, sinksVAt: sinksV, visibleAt: visible },
    ...{ cosAt: rotationCos, sinAt: rotationSin, logSumExpAt: rows.logSumExp, deltaAt: rows.delta },
  });
  const reach = causalOffset === undefined ? M : Math.min(causalOffset + 1, M);
  // Row r of a head of keys is query head r mod G of the token ⌊r / G⌋.
  const G = H / Hkv;
  return {
    sizes: { B, T, N, M, Hkv, G, widest: Math.max(D, Dv) },
    packed,
    counts: {
      ...{ T, N, M, H, Hkv, D, Dv, G, F, S, m: C > 0 ? m : 0, C, reach, window: Math.min(window, ENDLESS) },
      ...{ ownPitch, ownFirst, memoryPitch, memoryFirst, sinksBack, rotated: rotationCos ? 1 : 0, ...at },
    },
    factors: { scale },
  };
}

export type Posed = ReturnType<typeof pose>;

/** Values of `packed`, and rotation by the angles of some blocks. */
export const packedValues = `
  fn packedAt(index: u32) -> f32 { return bitcast<f32>(packed[index]); }

  // The value that rotates together with the one at d.
  fn partnerOf(d: u32) -> u32 {
    let half = sizes.D / 2u;
    return select(d + half, d - half, d >= half);
  }

  // The value at d, rotated with its partner by the angles of so many blocks.
  fn rotate(value: f32, partner: f32, d: u32, blocks: u32, direction: f32) -> f32 {
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

/** WGSL of four columns of a row of keys or values, zero beyond the run and the width, rotated where `rotates` holds. */
const vectorOf = (name: string, read: string, width: string, rotates: string) => `
  fn ${name}(run: Run, key: u32, j: u32) -> vec4<f32> {
    var vector = vec4<f32>();
    if (key >= run.length) { return vector; }
    let at = (run.row + key * sizes.Hkv) * ${width};
    for (var i = 0u; i < 4u; i++) {
      let d = 4u * j + i;
      if (d >= ${width}) { break; }
      vector[i] = ${read}(run.kind, at + d);
      if (run.back > 0u && ${rotates}) {
        vector[i] = rotate(vector[i], ${read}(run.kind, at + partnerOf(d)), d, run.back, -1.0);
      }
    }
    return vector;
  }`;

/** Declares which keys of `run` a token sees: those with key − <name>begin < <name>count, in whole numbers from 0. */
export const declareSeen = (token: string, suffix: string) => `
  let begin_${suffix} = max(run.ahead + ${token}, run.window) - run.window;
  let count_${suffix} = max(min(run.length, run.end + ${token}), begin_${suffix}) - begin_${suffix};`;

/** Runs of keys, and their tiles as streamed rows. Needs the bindings k, v, memoryK, memoryV and packed. */
export const keyRuns = `
  ${packedValues}
  ${queryRows}

  const FAM = 0u;
  const CALL = 1u;
  const MEMORY = 2u;
  const SINKS = 3u;
  // Keys of one segment: the tensors that hold it, the row of heads of its first key there, which keys the tile sees, and
  // how many blocks back it lies. Token i of the block sees the keys ahead + i - window … end + i - 1 of them.
  struct Run { kind: u32, row: u32, start: u32, length: u32, back: u32, ahead: u32, window: u32, end: u32 }

  // Every block has so many runs, hidden ones included.
  fn runs() -> u32 { return sizes.m + 3u; }

  // Run 0 is FAM, run 1 the sinks, run 2 the own block, run 2 + s the segment s blocks back; as the tokens of a tile see them.
  fn runOf(run: u32, block: u32, head: u32, firstToken: u32, lastToken: u32) -> Run {
    let b = block / sizes.T;
    let t = block % sizes.T;
    let visible = t + u32(packed[sizes.visibleAt + b]);
    if (run < 2u) {
      var fixed = Run(FAM, block * sizes.F * sizes.Hkv + head, 0u, sizes.F, 0u, 0u, ENDLESS, ENDLESS);
      if (run == 1u) {
        fixed.kind = SINKS;
        fixed.row = b * sizes.S * sizes.Hkv + head;
        fixed.length = select(0u, sizes.S, sizes.sinksBack <= visible);
      }
      return fixed;
    }
    let back = run - 2u;
    let ahead = sizes.reach + back * sizes.C;
    var kind = CALL;
    var first = b * sizes.ownPitch + sizes.ownFirst + (t - back) * sizes.M;
    var length = sizes.M;
    if (back > t) {
      kind = MEMORY;
      first = b * sizes.memoryPitch + sizes.memoryFirst + (sizes.m + t - back) * sizes.C;
      length = select(0u, sizes.C, back <= visible);
    }
    let end = select(ENDLESS, sizes.reach, back == 0u);
    let start = max(ahead + firstToken, sizes.window) - sizes.window;
    length = min(length, end + lastToken);
    return Run(kind, first * sizes.Hkv + head, start, length, back, ahead, sizes.window, end);
  }

  // Far behind the end of any segment.
  const ENDLESS = ${ENDLESS}u;

  fn keyValue(kind: u32, index: u32) -> f32 {
    if (kind == CALL) { return k[index]; }
    if (kind == MEMORY) { return memoryK[index]; }
    return packedAt(select(sizes.famKAt, sizes.sinksKAt, kind == SINKS) + index);
  }

  fn valueValue(kind: u32, index: u32) -> f32 {
    if (kind == CALL) { return v[index]; }
    if (kind == MEMORY) { return memoryV[index]; }
    return packedAt(select(sizes.famVAt, sizes.sinksVAt, kind == SINKS) + index);
  }

  ${vectorOf('keyVector', 'keyValue', 'sizes.D', 'sizes.rotated == 1u')}
  ${vectorOf('valueVector', 'valueValue', 'sizes.Dv', 'false')}`;
