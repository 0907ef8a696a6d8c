/**
 * The gradients in the keys and values of FAM, of sinks, of the blocks of the call, or of the memory: a tile of them stays,
 * the queries that see it stream by, rotated as if the keys stood in their own block.
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
  eachResident,
  isStreamed,
  products,
  type Tile,
  unroll,
  workgroupSize,
  writeSums,
} from './tiles.ts';

/** Keys [B, blocks, length, Hkv, D] and values [B, blocks, length, Hkv, Dv], their gradients, and where they stand. */
export interface Segments {
  blocks: number;
  length: number;
  /** Segments that stand before block 0 of the call. */
  before: number;
  /** Later blocks that see a segment besides its own. */
  span: number;
  /** Keys that token 0 of a segment's own block sees of it. */
  reach: number;
  /** Tokens that see a key and those behind it. */
  window: number;
  /** 1 where the segments are sinks, which all blocks see from the one on that has enough blocks before it; 0 else. */
  areSinks: 0 | 1;
  keys: tf.TensorInfo;
  values: tf.TensorInfo;
  dKeys: tf.TensorInfo;
  dValues: tf.TensorInfo;
}

export function differentiateKeys(
  host: WebGpuHost,
  { keys, values, dKeys, dValues, blocks, length, before, span, reach, window, areSinks }: Segments,
  { q, dy }: { q: tf.TensorInfo; dy: tf.TensorInfo },
  { sizes: { B, Hkv, widest }, packed, counts, factors }: Posed,
): void {
  const tile = chooseTile(widest, length, host.limits, { residents: 2, streams: 2, weights: 2, sums: 2 });
  const tiles = Math.ceil(length / tile.resident);
  host.run({
    key: `attention key gradient ${Object.values(tile)}`,
    code: () => shader(tile),
    inputs: { q, dy, keys, values, packed },
    outputs: { dKeys, dValues },
    counts: { ...counts, blocks, length, before, span, reach, window, areSinks, tiles },
    factors,
    workgroupSize,
    workgroups: B * blocks * Hkv * tiles,
  });
}

const shader = (tile: Tile) => `
  ${declareTiles(tile, {
    ...{ resident: ['keyTile', 'valueTile'], streamed: ['queries', 'upstream'] },
    ...{ weights: ['weights', 'dS'] },
  })}
  ${packedValues}
  ${queryRows}

  fn kernel(workgroup: u32, lane: u32) {
    let x = lane % 8u;
    let y = lane / 8u;
    let first = (workgroup % sizes.tiles) * RESIDENT;
    let head = workgroup / sizes.tiles % sizes.Hkv;
    let segment = workgroup / sizes.tiles / sizes.Hkv;
    let b = segment / sizes.blocks;
    let place = segment % sizes.blocks;
    for (var e = lane; e < RESIDENT * VECTORS * 4u; e += ${workgroupSize}u) {
      let d = e % (VECTORS * 4u);
      let row = e / (VECTORS * 4u);
      let index = (segment * sizes.length + first + row) * sizes.Hkv + head;
      let holds = first + row < sizes.length;
      var key = 0.0;
      var value = 0.0;
      if (holds && d < sizes.D) { key = keys[index * sizes.D + d]; }
      if (holds && d < sizes.Dv) { value = values[index * sizes.Dv + d]; }
      keyTile[d * RESIDENT + row] = key;
      valueTile[d * RESIDENT + row] = value;
    }

    ${declareSums(tile, ['keySum', 'valueSum'])}
    let rows = sizes.N * sizes.G;
    // The segment stands in the place of this block of the call, and is seen from there on.
    let own = i32(place) - i32(sizes.before);
    var begin = max(own, 0);
    var end = min(i32(sizes.T), own + i32(sizes.span) + 1);
    if (sizes.areSinks == 1u) {
      begin = max(0, i32(sizes.sinksBack) - packed[sizes.visibleAt + b]);
      end = i32(sizes.T);
    } else if (own < 0 && -own > packed[sizes.visibleAt + b]) {
      end = 0;
    }
    for (var t = u32(begin); i32(t) < end; t++) {
      let back = select(u32(i32(t) - own), 0u, sizes.areSinks == 1u);
      let block = b * sizes.T + t;
      // Tokens before this one see none of the keys.
      var firstToken = 0u;
      if (back == 0u && first + 1u > sizes.reach) { firstToken = first + 1u - sizes.reach; }
      // So do those from this one on, whose windows begin behind the last key of the tile.
      let lastKey = min(first + RESIDENT, sizes.length) - 1u;
      let behind = lastKey + sizes.window + 1u;
      let ahead = sizes.reach + back * sizes.C;
      let endRow = min(sizes.N, select(0u, behind - ahead, behind > ahead)) * sizes.G;
      for (var start = firstToken * sizes.G; start < endRow; start += STREAMED) {
        workgroupBarrier();
        for (var e = lane; e < STREAMED * VECTORS; e += ${workgroupSize}u) {
          let row = start + e / VECTORS;
          let j = e % VECTORS;
          var query = vec4<f32>();
          var gradient = vec4<f32>();
          let index = queryOf(block, head, row);
          for (var i = 0u; i < 4u && row < rows; i++) {
            let d = 4u * j + i;
            if (d < sizes.D) {
              let at = index * sizes.D;
              query[i] = q[at + d];
              if (back > 0u && sizes.rotated == 1u) {
                query[i] = rotate(query[i], q[at + partnerOf(d)], d, back, 1.0);
              }
              query[i] *= sizes.scale;
            }
            if (d < sizes.Dv) { gradient[i] = dy[index * sizes.Dv + d]; }
          }
          queries[(e / VECTORS) * PITCH + j] = query;
          upstream[(e / VECTORS) * PITCH + j] = gradient;
        }
        workgroupBarrier();
        ${products(tile, [
          { product: 'score', resident: 'keyTile', streamed: 'queries' },
          { product: 'dWeight', resident: 'valueTile', streamed: 'upstream' },
        ])}
        ${unroll(
          Math.ceil(tile.streamed / 8),
          (c) => `
        let row_${c} = start + y + ${8 * c}u;
        let query_${c} = queryOf(block, head, min(row_${c}, rows - 1u));
        let logSumExp_${c} = packedAt(sizes.logSumExpAt + query_${c});
        let delta_${c} = packedAt(sizes.deltaAt + query_${c});
        var end_${c} = select(0u, sizes.length, ${isStreamed(c)} && row_${c} < rows);
        if (back == 0u) { end_${c} = min(end_${c}, sizes.reach + tokenOf(row_${c})); }
        let sum_${c} = ahead + tokenOf(row_${c});
        let begin_${c} = select(0u, sum_${c} - sizes.window, sum_${c} > sizes.window);`,
        )}
        ${eachPair(
          tile,
          (r, c) => `
        let key_${r}_${c} = first + x + ${8 * r}u;
        let weight_${r}_${c} = select(
          0.0,
          exp(score_${r}_${c} - logSumExp_${c}),
          key_${r}_${c} >= begin_${c} && key_${r}_${c} < end_${c});
        weights[(y + ${8 * c}u) * LANES + x + ${8 * r}u] = weight_${r}_${c};
        dS[(y + ${8 * c}u) * LANES + x + ${8 * r}u] = weight_${r}_${c} * (dWeight_${r}_${c} - delta_${c});`,
        )}
        workgroupBarrier();
        ${addWeighted(tile, [
          { sum: 'keySum', weights: 'dS', streamed: 'queries' },
          { sum: 'valueSum', weights: 'weights', streamed: 'upstream' },
        ])}
      }
    }
    ${eachResident(
      tile,
      (r) => `
    let key_${r} = first + x + ${8 * r}u;
    let row_${r} = (segment * sizes.length + key_${r}) * sizes.Hkv + head;`,
    )}
    ${[
      { sum: 'keySum', output: 'dKeys', width: 'sizes.D' },
      { sum: 'valueSum', output: 'dValues', width: 'sizes.Dv' },
    ]
      .map((written) =>
        writeSums(tile, {
          ...{ ...written, at: (r) => `row_${r} * ${written.width}` },
          ...{ holds: (r) => `key_${r} < sizes.length`, factor: () => '1.0' },
        }),
      )
      .join('\n')}
  }`;
