/** What every backward shader needs of each query besides its log-sum-exp: delta, its value times the value's gradient. */
import type { WebGpuHost } from '@famjs/backends/webgpu';
import type * as tf from '@tensorflow/tfjs-core';
import type { AttentionResults } from '../problem.ts';
import { workgroupSize } from './tiles.ts';

export function deltaOf(host: WebGpuHost, { value, dy }: AttentionResults): tf.TensorInfo {
  const Dv = value.shape[4]!;
  const rows = value.shape.slice(0, 4).reduce((a, b) => a * b);
  const delta = host.scratch(rows);
  host.run({
    key: 'attention delta',
    code: () => `
      fn kernel(workgroup: u32, lane: u32) {
        let row = workgroup * ${workgroupSize}u + lane;
        if (row >= sizes.rows) { return; }
        var sum = 0.0;
        for (var d = row * sizes.Dv; d < (row + 1u) * sizes.Dv; d++) { sum += value[d] * dy[d]; }
        delta[row] = sum;
      }`,
    inputs: { value, dy },
    outputs: { delta },
    counts: { rows, Dv },
    workgroupSize,
    workgroups: Math.ceil(rows / workgroupSize),
  });
  return delta;
}
