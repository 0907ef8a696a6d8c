/** Embedding lookup on webgpu, and the sum over equal tokens, which comes in the order of the tokens: the same in every run. */
import type { WebGpuHost } from '@famjs/backends/webgpu';
import type * as tf from '@tensorflow/tfjs-core';
import { each } from './each.ts';

type Inputs = { table: tf.TensorInfo; ids: tf.TensorInfo };

export function embedding(host: WebGpuHost, { table, ids }: Inputs): tf.TensorInfo[] {
  const [count, width] = [ids.shape[0]!, table.shape[1]!];
  const rows = host.output([count, width]);
  const code = () => `
    fn compute(index: u32) {
      rows[index] = table[u32(ids[index / sizes.width]) * sizes.width + index % sizes.width];
    }`;
  host.run(
    each(count * width, {
      key: 'embedding',
      code,
      inputs: { table, ids },
      outputs: { rows },
      counts: { width },
    }),
  );
  return [rows];
}

export function embeddingGradient(
  host: WebGpuHost,
  { table, ids, dy }: Inputs & { dy: tf.TensorInfo },
): tf.TensorInfo[] {
  const [vocabulary, width] = table.shape as [number, number];
  const count = ids.shape[0]!;
  const sums = host.output(table.shape);
  const [first, next] = [host.scratch(count), host.scratch(count)];
  const zero = () => 'fn compute(index: u32) { sums[index] = 0.0; }';
  host.run(each(vocabulary * width, { key: 'embedding zeros', code: zero, inputs: {}, outputs: { sums } }));
  // Of each token: whether it is the first of its kind, and one more than where the next of its kind stands, 0 for nowhere.
  const chain = () => `
    fn compute(index: u32) {
      let id = ids[index];
      var before = 0u;
      while (ids[before] != id) { before++; }
      first[index] = select(0.0, 1.0, before == index);
      var after = index + 1u;
      while (after < sizes.count && ids[after] != id) { after++; }
      next[index] = select(f32(after + 1u), 0.0, after == sizes.count);
    }`;
  host.run(each(count, { key: 'embedding chain', code: chain, inputs: { ids }, outputs: { first, next } }));
  const add = () => `
    fn compute(index: u32) {
      let column = index % sizes.width;
      var token = index / sizes.width;
      if (first[token] == 0.0) { return; }
      var sum = 0.0;
      var after = token + 1u;
      while (after > 0u) {
        token = after - 1u;
        sum += dy[token * sizes.width + column];
        after = u32(next[token]);
      }
      sums[u32(ids[token]) * sizes.width + column] = sum;
    }`;
  const inputs = { ids, dy, first, next };
  host.run(
    each(count * width, {
      key: 'embedding gradient',
      code: add,
      inputs,
      outputs: { sums },
      counts: { width },
    }),
  );
  return [sums];
}
