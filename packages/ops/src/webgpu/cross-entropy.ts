/** Cross-entropy of tokens on webgpu: no tensor as large as the logits but their gradient. */
import type { WebGpuHost } from '@famjs/backends/webgpu';
import type * as tf from '@tensorflow/tfjs-core';
import { each } from './each.ts';
import { lanes } from './rows.ts';

type Inputs = Record<'logits' | 'labels' | 'weights', tf.TensorInfo>;

export function crossEntropy(host: WebGpuHost, { logits, labels, weights }: Inputs): tf.TensorInfo[] {
  const [rows, vocabulary] = logits.shape as [number, number];
  const [value, logSumExp] = [host.output([rows]), host.output([rows])];
  host.run({
    key: 'cross-entropy',
    code: () => `
      ${host.joinLanes('sumOf', 'sum', lanes)}
      ${host.joinLanes('highestOf', 'highest', lanes)}
      fn kernel(row: u32, lane: u32) {
        let start = row * sizes.vocabulary;
        var highest = logits[start];
        for (var i = lane; i < sizes.vocabulary; i += ${lanes}u) { highest = max(highest, logits[start + i]); }
        highest = highestOf(highest, lane);
        var sum = 0.0;
        for (var i = lane; i < sizes.vocabulary; i += ${lanes}u) { sum += exp(logits[start + i] - highest); }
        sum = sumOf(sum, lane);
        if (lane == 0u) {
          logSumExp[row] = highest + log(sum);
          let label = logits[start + u32(labels[row])];
          value[row] = (highest - label + log(sum)) * weights[row];
        }
      }`,
    inputs: { logits, labels, weights },
    outputs: { value, logSumExp },
    counts: { vocabulary },
    workgroupSize: lanes,
    workgroups: rows,
  });
  return [value, logSumExp];
}

export function crossEntropyGradient(
  host: WebGpuHost,
  { logits, labels, weights, logSumExp, dy }: Inputs & Record<'logSumExp' | 'dy', tf.TensorInfo>,
): tf.TensorInfo[] {
  const [rows, vocabulary] = logits.shape as [number, number];
  const gradient = host.output([rows, vocabulary]);
  const code = () => `
    fn compute(index: u32) {
      let row = index / sizes.vocabulary;
      let isLabel = index % sizes.vocabulary == u32(labels[row]);
      let error = exp(logits[index] - logSumExp[row]) - select(0.0, 1.0, isLabel);
      gradient[index] = error * dy[row] * weights[row];
    }`;
  const inputs = { logits, labels, weights, logSumExp, dy };
  const key = 'cross-entropy gradient';
  host.run(each(rows * vocabulary, { key, code, inputs, outputs: { gradient }, counts: { vocabulary } }));
  return [gradient];
}
