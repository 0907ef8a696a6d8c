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
  const { first, next } = chainsOf(host, ids, vocabulary);
  zero(host, sums, vocabulary * width);
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

/** Tokens that are compared with each other at once. */
const chunk = 256;

/**
 * Of each token: whether it is the first of its kind, and one more than where the next of its kind stands, 0 for nowhere.
 * One workgroup goes through the tokens chunk by chunk, and keeps for each id where its last token stood.
 */
function chainsOf(
  host: WebGpuHost,
  ids: tf.TensorInfo,
  vocabulary: number,
): Record<'first' | 'next', tf.TensorInfo> {
  const count = ids.shape[0]!;
  const [first, next, last] = [host.scratch(count), host.scratch(count), host.scratch(vocabulary)];
  zero(host, next, count);
  zero(host, last, vocabulary);
  const code = () => `
    var<workgroup> near: array<i32, ${chunk}>;
    fn kernel(workgroup: u32, lane: u32) {
      for (var start = 0u; start < sizes.count; start += ${chunk}u) {
        let index = start + lane;
        let size = min(${chunk}u, sizes.count - start);
        var id = 0;
        if (lane < size) { id = ids[index]; }
        near[lane] = id;
        workgroupBarrier();
        if (lane < size) {
          var before = lane;
          while (before > 0u && near[before - 1u] != id) { before--; }
          var previous = start + before;
          if (before == 0u) { previous = u32(last[id]); }
          first[index] = select(0.0, 1.0, previous == 0u);
          if (previous > 0u) { next[previous - 1u] = f32(index + 1u); }
        }
        storageBarrier();
        workgroupBarrier();
        if (lane < size) {
          var after = lane + 1u;
          while (after < size && near[after] != id) { after++; }
          if (after == size) { last[id] = f32(index + 1u); }
        }
        storageBarrier();
        workgroupBarrier();
      }
    }`;
  host.run({
    ...{ key: 'embedding chain', code, inputs: { ids }, outputs: { first, next, last } },
    ...{ counts: { count }, workgroupSize: chunk, workgroups: 1 },
  });
  return { first, next };
}

function zero(host: WebGpuHost, values: tf.TensorInfo, count: number): void {
  const code = () => 'fn compute(index: u32) { values[index] = 0.0; }';
  host.run(each(count, { key: 'zeros', code, inputs: {}, outputs: { values } }));
}
