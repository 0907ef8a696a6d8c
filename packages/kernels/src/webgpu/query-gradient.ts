/** The gradient in the queries: a tile of queries with the gradients of its values stays, keys and values stream by. */
import type { WebGpuHost } from '@famjs/backends/webgpu';
import type * as tf from '@tensorflow/tfjs-core';
import type { AttentionResults, AttentionTensors } from '../problem.ts';
import { keyRuns, type Posed } from './structure.ts';
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
  workgroupSize,
  writeSums,
} from './tiles.ts';

export function differentiateQueries(
  host: WebGpuHost,
  { q, k, v, memoryK, memoryV, dy }: AttentionTensors & AttentionResults,
  { sizes: { B, T, N, Hkv, D, G }, packed, counts, factors }: Posed,
  dq: tf.TensorInfo,
): void {
  const tile = chooseTile(D, N * G, host.limits, { stills: 2, streams: 2, weights: 1, sums: 1 });
  const tiles = Math.ceil((N * G) / tile.still);
  host.run({
    key: `attention query gradient ${Object.values(tile)}`,
    code: () => shader(tile),
    inputs: { q, k, v, memoryK, memoryV, dy, packed },
    outputs: { dq },
    counts: { ...counts, tiles },
    factors,
    workgroupSize,
    workgroups: B * T * Hkv * tiles,
  });
}

const shader = (tile: Tile) => `
  ${declareTiles(tile, { still: ['queries', 'slopes'], streamed: ['keys', 'values'], weights: ['weights'] })}
  ${keyRuns}

  fn kernel(workgroup: u32, lane: u32) {
    let x = lane % 8u;
    let y = lane / 8u;
    let first = (workgroup % sizes.tiles) * STILL;
    let head = workgroup / sizes.tiles % sizes.Hkv;
    let block = workgroup / sizes.tiles / sizes.Hkv;
    let rows = sizes.N * sizes.G;
    for (var e = lane; e < STILL * VECTORS * 4u; e += ${workgroupSize}u) {
      let d = e % (VECTORS * 4u);
      let row = e / (VECTORS * 4u);
      let at = queryOf(block, head, first + row) * sizes.D + d;
      let holds = d < sizes.D && first + row < rows;
      var query = 0.0;
      var slope = 0.0;
      if (holds) {
        query = q[at] * sizes.scale;
        slope = dy[at];
      }
      queries[d * STILL + row] = query;
      slopes[d * STILL + row] = slope;
    }
    ${eachStill(
      tile,
      (r) => `
    let row_${r} = first + x + ${8 * r}u;
    let query_${r} = queryOf(block, head, row_${r});
    let level_${r} = packedAt(sizes.logSumExpAt + query_${r});
    let delta_${r} = packedAt(sizes.deltaAt + query_${r});`,
    )}

    ${declareSums(tile, ['sum'])}
    let lastToken = tokenOf(min(first + STILL, rows) - 1u);
    for (var index = 0u; index < sizes.m + 2u; index++) {
      let run = runOf(index, block, head, lastToken);
      for (var start = 0u; start < run.length; start += STREAMED) {
        workgroupBarrier();
        for (var e = lane; e < STREAMED * VECTORS; e += ${workgroupSize}u) {
          let key = e / VECTORS;
          let j = e % VECTORS;
          keys[key * PITCH + j] = keyVector(run, start + key, j);
          values[key * PITCH + j] = valueVector(run, start + key, j);
        }
        workgroupBarrier();
        ${products(tile, [
          { product: 'score', still: 'queries', streamed: 'keys' },
          { product: 'dWeight', still: 'slopes', streamed: 'values' },
        ])}
        ${eachStill(
          tile,
          (r) => `
        var end_${r} = run.length;
        if (index == 1u) { end_${r} = min(end_${r}, sizes.reach + tokenOf(row_${r})); }`,
        )}
        ${eachPair(
          tile,
          (r, c) => `
        weights[(y + ${8 * c}u) * LANES + x + ${8 * r}u] = select(
          0.0,
          exp(score_${r}_${c} - level_${r}) * (dWeight_${r}_${c} - delta_${r}),
          ${isStreamed(c)} && start + y + ${8 * c}u < end_${r});`,
        )}
        workgroupBarrier();
        ${addWeighted(tile, [{ sum: 'sum', weights: 'weights', streamed: 'keys' }])}
      }
    }
    ${writeSums(tile, {
      ...{ sum: 'sum', output: 'dq', at: (r) => `query_${r} * sizes.D` },
      ...{ holds: (r) => `row_${r} < rows`, factor: () => 'sizes.scale' },
    })}
  }`;
