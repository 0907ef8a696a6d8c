/** The gradient in the queries: a tile of queries with the gradients of its values stays, keys and values stream by. */
import type { WebGpuHost } from '@famjs/backends/webgpu';
import type * as tf from '@tensorflow/tfjs-core';
import type { AttentionResults, AttentionTensors } from '../problem.ts';
import { declareSeen, keyRuns, type Posed } from './structure.ts';
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
  workgroupSize,
  writeSums,
} from './tiles.ts';

export function differentiateQueries(
  host: WebGpuHost,
  { q, k, v, memoryK, memoryV, dy }: AttentionTensors & AttentionResults,
  { sizes: { B, T, N, Hkv, G, widest }, packed, counts, factors }: Posed,
  dq: tf.TensorInfo,
): void {
  const tile = chooseTile(widest, N * G, host.limits, { residents: 2, streams: 2, weights: 1, sums: 1 });
  const tiles = Math.ceil((N * G) / tile.resident);
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
  ${declareTiles(tile, { resident: ['queries', 'upstream'], streamed: ['keys', 'values'], weights: ['dS'] })}
  ${keyRuns}

  fn kernel(workgroup: u32, lane: u32) {
    let x = lane % 8u;
    let y = lane / 8u;
    let first = (workgroup % sizes.tiles) * RESIDENT;
    let head = workgroup / sizes.tiles % sizes.Hkv;
    let block = workgroup / sizes.tiles / sizes.Hkv;
    let rows = sizes.N * sizes.G;
    for (var e = lane; e < RESIDENT * VECTORS * 4u; e += ${workgroupSize}u) {
      let d = e % (VECTORS * 4u);
      let row = e / (VECTORS * 4u);
      let index = queryOf(block, head, first + row);
      let holds = first + row < rows;
      var query = 0.0;
      var gradient = 0.0;
      if (holds && d < sizes.D) { query = q[index * sizes.D + d] * sizes.scale; }
      if (holds && d < sizes.Dv) { gradient = dy[index * sizes.Dv + d]; }
      queries[d * RESIDENT + row] = query;
      upstream[d * RESIDENT + row] = gradient;
    }
    ${eachResident(
      tile,
      (r) => `
    let row_${r} = first + x + ${8 * r}u;
    let token_${r} = tokenOf(row_${r});
    let query_${r} = queryOf(block, head, row_${r});
    let logSumExp_${r} = packedAt(sizes.logSumExpAt + query_${r});
    let delta_${r} = packedAt(sizes.deltaAt + query_${r});`,
    )}

    ${declareSums(tile, ['sum'])}
    let lastToken = tokenOf(min(first + RESIDENT, rows) - 1u);
    for (var index = 0u; index < runs(); index++) {
      let run = runOf(index, block, head, tokenOf(first), lastToken);
      for (var start = run.start; start < run.length; start += STREAMED) {
        workgroupBarrier();
        for (var e = lane; e < STREAMED * VECTORS; e += ${workgroupSize}u) {
          let key = e / VECTORS;
          let j = e % VECTORS;
          keys[key * PITCH + j] = keyVector(run, start + key, j);
          values[key * PITCH + j] = valueVector(run, start + key, j);
        }
        workgroupBarrier();
        ${products(tile, [
          { product: 'score', resident: 'queries', streamed: 'keys' },
          { product: 'dWeight', resident: 'upstream', streamed: 'values' },
        ])}
        ${eachResident(
          tile,
          (r) => `
${declareSeen(`token_${r}`, `${r}`)}`,
        )}
        ${eachPair(
          tile,
          (r, c) => `
        dS[(y + ${8 * c}u) * LANES + x + ${8 * r}u] = select(
          0.0,
          exp(score_${r}_${c} - logSumExp_${r}) * (dWeight_${r}_${c} - delta_${r}),
          ${isStreamed(c)} && start + y + ${8 * c}u - begin_${r} < count_${r});`,
        )}
        workgroupBarrier();
        ${addWeighted(tile, [{ sum: 'sum', weights: 'dS', streamed: 'keys' }])}
      }
    }
    ${writeSums(tile, {
      ...{ sum: 'sum', output: 'dq', at: (r) => `query_${r} * sizes.D`, width: 'sizes.D' },
      ...{ holds: (r) => `row_${r} < rows`, factor: () => 'sizes.scale' },
    })}
  }`;
