/**
 * Attention of a few queries, as in decoding: a workgroup for each query, whose lanes share out the keys for the scores,
 * and the values' columns and every so many keys for the sums.
 */
import type { WebGpuHost } from '@famjs/backends/webgpu';
import type * as tf from '@tensorflow/tfjs-core';
import type { AttentionTensors } from '../problem.ts';
import { keyRuns, type Posed } from './structure.ts';

const lanes = 64;

/** Scores of each lane between two meetings of all lanes. */
const scores = 4;

/** Whether there are so few queries that this beats tiles of them. */
export const areFew = ({ N, widest }: Posed['sizes']) => N <= 4 && widest <= 4 * lanes;

export function attendOneByOne(
  host: WebGpuHost,
  { q, k, v, memoryK, memoryV }: AttentionTensors,
  { sizes: { widest }, packed, counts, factors }: Posed,
  outputs: { value: tf.TensorInfo; logSumExp: tf.TensorInfo },
): void {
  // As many steps of 16 as the tiles have, so that widths share shaders.
  const vectors = 4 * Math.ceil(widest / 16);
  host.run({
    key: `attention of few ${vectors}`,
    code: () => shader(host, vectors),
    inputs: { q, k, v, memoryK, memoryV, packed },
    outputs,
    counts,
    factors,
    workgroupSize: lanes,
    workgroups: outputs.logSumExp.shape.reduce((a, b) => a * b, 1),
  });
}

const shader = (host: WebGpuHost, vectors: number) => `
  const VECTORS = ${vectors}u;
  const SLICES = ${Math.floor(lanes / vectors)}u;
  const STEP = ${scores * lanes}u;
  const LOWEST = -1e30;
  ${keyRuns}
  ${host.joinLanes('highestOf', 'highest', lanes)}
  ${host.joinLanes('sumOf', 'sum', lanes)}
  var<workgroup> rotated: array<f32, ${4 * vectors}>;
  var<workgroup> weights: array<f32, STEP>;
  var<workgroup> sums: array<vec4<f32>, ${lanes}>;

  fn kernel(query: u32, lane: u32) {
    let head = query % sizes.H / sizes.G;
    let token = query / sizes.H % sizes.N;
    let block = query / sizes.H / sizes.N;
    let at = query * sizes.D;
    let column = lane % VECTORS;
    let slice = lane / VECTORS;
    var top = LOWEST;
    var total = 0.0;
    var sum = vec4<f32>();
    for (var index = 0u; index < runs(); index++) {
      let run = runOf(index, block, head, token, token);
      if (run.start >= run.length) { continue; }
      workgroupBarrier();
      for (var d = lane; d < sizes.D; d += ${lanes}u) {
        var value = q[at + d];
        if (run.back > 0u && sizes.rotated == 1u) { value = rotate(value, q[at + partnerOf(d)], d, run.back, 1.0); }
        rotated[d] = value * sizes.scale;
      }
      workgroupBarrier();
      for (var start = run.start; start < run.length; start += STEP) {
        var found: array<f32, ${scores}>;
        var highest = LOWEST;
        for (var i = 0u; i < ${scores}u; i++) {
          let key = start + i * ${lanes}u + lane;
          if (key >= run.length) { break; }
          let row = (run.row + key * sizes.Hkv) * sizes.D;
          var score = 0.0;
          for (var d = 0u; d < sizes.D; d++) { score += rotated[d] * keyValue(run.kind, row + d); }
          found[i] = score;
          highest = max(highest, score);
        }
        let newTop = max(top, highestOf(highest, lane));
        let fade = exp(top - newTop);
        top = newTop;
        total *= fade;
        sum *= fade;
        for (var i = 0u; i < ${scores}u; i++) {
          let key = i * ${lanes}u + lane;
          let weight = select(0.0, exp(found[i] - top), start + key < run.length);
          weights[key] = weight;
          total += weight;
        }
        workgroupBarrier();
        let end = min(STEP, run.length - start);
        if (slice < SLICES) {
          for (var key = slice; key < end; key += SLICES) { sum += weights[key] * valueVector(run, start + key, column); }
        }
      }
    }

    sums[lane] = sum;
    total = sumOf(total, lane);
    if (lane == 0u) { logSumExp[query] = top + log(total); }
    if (lane >= VECTORS) { return; }
    for (var i = 1u; i < SLICES; i++) { sum += sums[i * VECTORS + lane]; }
    for (var i = 0u; i < 4u && 4u * lane + i < sizes.Dv; i++) { value[query * sizes.Dv + 4u * lane + i] = sum[i] / total; }
  }`;
