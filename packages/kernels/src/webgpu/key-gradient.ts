/**
 * The gradients in the keys and values of FAM, of the blocks of the call, or of the memory: a tile of them stays, the
 * queries that see it stream by, turned as if the keys stood in their own block.
 */
import type { WebGpuHost } from '@famjs/backends/webgpu';
import type * as tf from '@tensorflow/tfjs-core';
import { type Posed, packedValues, queryRows } from './structure.ts';
import {
  addWeighted,
  chooseTile,
  declareSums,
  declareTiles,
  eachPair,
  eachStill,
  isStreamed,
  products,
  type Tile,
  unroll,
  workgroupSize,
  writeSums,
} from './tiles.ts';

/** Keys and values [B, blocks, length, Hkv, D], their gradients, and where they stand. */
export interface Segments {
  /** Segments that stand before block 0 of the call. */
  before: number;
  /** Later blocks that see a segment besides its own. */
  span: number;
  /** Keys that token 0 of a segment's own block sees of it. */
  reach: number;
  keys: tf.TensorInfo;
  values: tf.TensorInfo;
  dKeys: tf.TensorInfo;
  dValues: tf.TensorInfo;
}

export function differentiateKeys(
  host: WebGpuHost,
  { keys, values, dKeys, dValues, ...place }: Segments,
  { q, dy }: { q: tf.TensorInfo; dy: tf.TensorInfo },
  { sizes: { D }, packed, counts, factors }: Posed,
): void {
  const [B, blocks, length, Hkv] = keys.shape as [number, number, number, number];
  const tile = chooseTile(D, length, host.limits, { stills: 2, streams: 2, weights: 2, sums: 2 });
  const tiles = Math.ceil(length / tile.still);
  host.run({
    key: `attention key gradient ${Object.values(tile)}`,
    code: () => shader(tile),
    inputs: { q, dy, keys, values, packed },
    outputs: { dKeys, dValues },
    counts: { ...counts, ...place, tiles, blocks, keyCount: length },
    factors,
    workgroupSize,
    workgroups: B * blocks * Hkv * tiles,
  });
}

const shader = (tile: Tile) => `
  ${declareTiles(tile, {
    ...{ still: ['stillKeys', 'stillValues'], streamed: ['queries', 'slopes'] },
    ...{ weights: ['weights', 'dWeights'] },
  })}
  ${packedValues}
  ${queryRows}

  fn kernel(workgroup: u32, lane: u32) {
    let x = lane % 8u;
    let y = lane / 8u;
    let first = (workgroup % sizes.tiles) * STILL;
    let head = workgroup / sizes.tiles % sizes.Hkv;
    let segment = workgroup / sizes.tiles / sizes.Hkv;
    let b = segment / sizes.blocks;
    let place = segment % sizes.blocks;
    for (var e = lane; e < STILL * VECTORS * 4u; e += ${workgroupSize}u) {
      let d = e % (VECTORS * 4u);
      let row = e / (VECTORS * 4u);
      let at = ((segment * sizes.keyCount + first + row) * sizes.Hkv + head) * sizes.D + d;
      var key = 0.0;
      var value = 0.0;
      if (d < sizes.D && first + row < sizes.keyCount) {
        key = keys[at];
        value = values[at];
      }
      stillKeys[d * STILL + row] = key;
      stillValues[d * STILL + row] = value;
    }

    ${declareSums(tile, ['keySum', 'valueSum'])}
    let rows = sizes.N * sizes.G;
    // The segment stands in the place of this block of the call, and is seen from there on.
    let own = i32(place) - i32(sizes.before);
    var to = u32(min(i32(sizes.T), own + i32(sizes.span) + 1));
    if (own < 0 && -own > packed[sizes.visibleAt + b]) { to = 0u; }
    for (var t = u32(max(own, 0)); t < to; t++) {
      let back = u32(i32(t) - own);
      let block = b * sizes.T + t;
      // Tokens before this one see none of the keys.
      var firstToken = 0u;
      if (back == 0u && first + 1u > sizes.reach) { firstToken = first + 1u - sizes.reach; }
      for (var start = firstToken * sizes.G; start < rows; start += STREAMED) {
        workgroupBarrier();
        for (var e = lane; e < STREAMED * VECTORS; e += ${workgroupSize}u) {
          let row = start + e / VECTORS;
          let j = e % VECTORS;
          var query = vec4<f32>();
          var slope = vec4<f32>();
          let at = queryOf(block, head, row) * sizes.D;
          for (var i = 0u; i < 4u && row < rows && 4u * j + i < sizes.D; i++) {
            let d = 4u * j + i;
            query[i] = q[at + d];
            if (back > 0u && sizes.rotated == 1u) {
              query[i] = turn(query[i], q[at + partnerOf(d)], d, back, 1.0);
            }
            query[i] *= sizes.scale;
            slope[i] = dy[at + d];
          }
          queries[(e / VECTORS) * PITCH + j] = query;
          slopes[(e / VECTORS) * PITCH + j] = slope;
        }
        workgroupBarrier();
        ${products(tile, [
          { product: 'score', still: 'stillKeys', streamed: 'queries' },
          { product: 'dWeight', still: 'stillValues', streamed: 'slopes' },
        ])}
        ${unroll(
          Math.ceil(tile.streamed / 8),
          (c) => `
        let row_${c} = start + y + ${8 * c}u;
        let query_${c} = queryOf(block, head, min(row_${c}, rows - 1u));
        let level_${c} = packedAt(sizes.logSumExpAt + query_${c});
        let delta_${c} = packedAt(sizes.deltaAt + query_${c});
        var end_${c} = select(0u, sizes.keyCount, ${isStreamed(c)} && row_${c} < rows);
        if (back == 0u) { end_${c} = min(end_${c}, sizes.reach + tokenOf(row_${c})); }`,
        )}
        ${eachPair(
          tile,
          (r, c) => `
        let weight_${r}_${c} = select(0.0, exp(score_${r}_${c} - level_${c}), first + x + ${8 * r}u < end_${c});
        weights[(y + ${8 * c}u) * LANES + x + ${8 * r}u] = weight_${r}_${c};
        dWeights[(y + ${8 * c}u) * LANES + x + ${8 * r}u] = weight_${r}_${c} * (dWeight_${r}_${c} - delta_${c});`,
        )}
        workgroupBarrier();
        ${addWeighted(tile, [
          { sum: 'keySum', weights: 'dWeights', streamed: 'queries' },
          { sum: 'valueSum', weights: 'weights', streamed: 'slopes' },
        ])}
      }
    }
    ${eachStill(
      tile,
      (r) => `
    let key_${r} = first + x + ${8 * r}u;
    let at_${r} = ((segment * sizes.keyCount + key_${r}) * sizes.Hkv + head) * sizes.D;`,
    )}
    ${['keySum', 'valueSum']
      .map((sum) =>
        writeSums(tile, {
          ...{ sum, output: sum === 'keySum' ? 'dKeys' : 'dValues', at: (r) => `at_${r}` },
          ...{ holds: (r) => `key_${r} < sizes.keyCount`, factor: () => '1.0' },
        }),
      )
      .join('\n')}
  }`;
