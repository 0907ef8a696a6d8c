/**
 * Attention forwards: a workgroup holds a tile of queries, streams the keys and values that the tile sees, and keeps a
 * running softmax (Milakov and Gimelshein, 2018; FlashAttention 2: Dao, 2023), so that no scores leave it.
 */
import type { WebGpuHost } from '@famjs/backends/webgpu';
import type * as tf from '@tensorflow/tfjs-core';
import type { AttentionTensors } from '../problem.ts';
import { declareSeen, keyRuns, type Posed } from './structure.ts';
import {
  addWeighted,
  chooseTile,
  declareSums,
  declareTiles,
  eachPair,
  eachResident,
  eachSum,
  isStreamed,
  products,
  type Tile,
  workgroupSize,
  writeSums,
} from './tiles.ts';

export function attendInTiles(
  host: WebGpuHost,
  { q, k, v, memoryK, memoryV }: AttentionTensors,
  { sizes: { B, T, N, Hkv, G, widest }, packed, counts, factors }: Posed,
  outputs: { value: tf.TensorInfo; logSumExp: tf.TensorInfo },
): void {
  const demand = { residents: 1, streams: 1, weights: 1, sums: 1 };
  const tile = chooseTile(widest, N * G, host.limits, demand);
  const tiles = Math.ceil((N * G) / tile.resident);
  host.run({
    key: `attention ${Object.values(tile)}`,
    code: () => shader(tile),
    inputs: { q, k, v, memoryK, memoryV, packed },
    outputs,
    counts: { ...counts, tiles },
    factors,
    workgroupSize,
    workgroups: B * T * Hkv * tiles,
  });
}

const shader = (tile: Tile) => `
  ${declareTiles(tile, { resident: ['queries'], streamed: ['stream'], weights: ['weights'] })}
  ${keyRuns}
  var<workgroup> parts: array<f32, 8u * LANES>;

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
      var value = 0.0;
      if (d < sizes.D && first + row < rows) { value = q[queryOf(block, head, first + row) * sizes.D + d] * sizes.scale; }
      queries[d * RESIDENT + row] = value;
    }

    ${eachResident(tile, (r) => `let token_${r} = tokenOf(first + x + ${8 * r}u); var top_${r} = LOWEST; var total_${r} = 0.0;`)}
    ${declareSums(tile, ['sum'])}
    let lastToken = tokenOf(min(first + RESIDENT, rows) - 1u);
    for (var index = 0u; index < runs(); index++) {
      let run = runOf(index, block, head, tokenOf(first), lastToken);
      for (var start = run.start; start < run.length; start += STREAMED) {
        workgroupBarrier();
        for (var e = lane; e < STREAMED * VECTORS; e += ${workgroupSize}u) {
          stream[(e / VECTORS) * PITCH + e % VECTORS] = keyVector(run, start + e / VECTORS, e % VECTORS);
        }
        workgroupBarrier();
        ${products(tile, [{ product: 'score', resident: 'queries', streamed: 'stream' }])}
        ${eachResident(
          tile,
          (r) => `
${declareSeen(`token_${r}`, `${r}`)}`,
        )}
        ${eachPair(
          tile,
          (r, c) => `
        let seen_${r}_${c} = ${isStreamed(c)} && start + y + ${8 * c}u - begin_${r} < count_${r};`,
        )}
        ${eachResident(
          tile,
          (r) => `
        parts[y * LANES + x + ${8 * r}u] = ${nested('max', 'LOWEST', streamedOf(tile), (c) => `select(LOWEST, score_${r}_${c}, seen_${r}_${c})`)};`,
        )}
        workgroupBarrier();
        ${eachResident(
          tile,
          (r) => `
        var newTop_${r} = top_${r};
        for (var i = 0u; i < 8u; i++) { newTop_${r} = max(newTop_${r}, parts[i * LANES + x + ${8 * r}u]); }
        let fade_${r} = exp(top_${r} - newTop_${r});
        top_${r} = newTop_${r};
        total_${r} *= fade_${r};`,
        )}
        ${eachPair(
          tile,
          (r, c) => `
        let weight_${r}_${c} = select(0.0, exp(score_${r}_${c} - top_${r}), seen_${r}_${c});
        total_${r} += weight_${r}_${c};
        weights[(y + ${8 * c}u) * LANES + x + ${8 * r}u] = weight_${r}_${c};`,
        )}
        ${eachSum(tile, (r, c) => `sum_${r}_${c} *= fade_${r};`)}
        for (var e = lane; e < STREAMED * VECTORS; e += ${workgroupSize}u) {
          stream[(e / VECTORS) * PITCH + e % VECTORS] = valueVector(run, start + e / VECTORS, e % VECTORS);
        }
        workgroupBarrier();
        ${addWeighted(tile, [{ sum: 'sum', weights: 'weights', streamed: 'stream' }])}
      }
    }

    ${eachResident(tile, (r) => `parts[y * LANES + x + ${8 * r}u] = total_${r};`)}
    workgroupBarrier();
    ${eachResident(
      tile,
      (r) => `
    total_${r} = 0.0;
    for (var i = 0u; i < 8u; i++) { total_${r} += parts[i * LANES + x + ${8 * r}u]; }
    let row_${r} = first + x + ${8 * r}u;
    let query_${r} = queryOf(block, head, row_${r});
    if (y == 0u && x + ${8 * r}u < RESIDENT && row_${r} < rows) { logSumExp[query_${r}] = top_${r} + log(total_${r}); }`,
    )}
    ${writeSums(tile, {
      ...{ sum: 'sum', output: 'value', at: (r) => `query_${r} * sizes.Dv`, width: 'sizes.Dv' },
      ...{ holds: (r) => `row_${r} < rows`, factor: (r) => `(1.0 / total_${r})` },
    })}
  }

  // Finite, as WGSL may take it for granted that no number is infinite.
  const LOWEST = -1e30;`;

const streamedOf = ({ streamed }: Tile) => Math.ceil(streamed / 8);

function nested(f: string, start: string, count: number, item: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => item(index)).reduce(
    (all, one) => `${f}(${all}, ${one})`,
    start,
  );
}
