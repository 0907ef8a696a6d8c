/** Embedding lookup on wasm, and the sum over equal tokens that TF.js' wasm backend has no kernel for. */
import * as tf from '@tensorflow/tfjs-core';
import type { Host } from './module.ts';

type Inputs = { table: tf.TensorInfo; ids: tf.TensorInfo };

export function embedding(host: Host, { table, ids }: Inputs): tf.TensorInfo[] {
  const [vocabulary, width] = table.shape as [number, number];
  const count = ids.shape[0]!;
  const rows = host.output([count, width]);
  host.run.embedding(host.address(table), host.address(ids), rows.address, count, vocabulary, width);
  return [rows.info];
}

export function embeddingGradient(
  host: Host,
  { table, ids, dy }: Inputs & { dy: tf.TensorInfo },
): tf.TensorInfo[] {
  return [sumOfRows(host, dy, ids, table.shape)];
}

/** TF.js' `UnsortedSegmentSum`, which its own gradient of `gather` calls, for float32. */
export function segmentSum(
  host: Host,
  { x, segmentIds }: { x: tf.TensorInfo; segmentIds: tf.TensorInfo },
  { numSegments }: { numSegments: number },
): tf.TensorInfo {
  tf.util.assert(x.dtype === 'float32', () => `UnsortedSegmentSum on wasm adds float32, not ${x.dtype}.`);
  return sumOfRows(host, x, segmentIds, [numSegments, ...x.shape.slice(1)]);
}

/** A tensor of `shape` whose row r is the sum of the rows of `x` with the id r. */
function sumOfRows(host: Host, x: tf.TensorInfo, ids: tf.TensorInfo, shape: number[]): tf.TensorInfo {
  const [count, width] = [ids.shape[0]!, tf.util.sizeFromShape(shape.slice(1))];
  const sums = host.output(shape);
  const addresses = [host.address(x), host.address(ids), sums.address];
  host.run.embeddingGradient(...addresses, count, shape[0]!, width);
  return sums.info;
}
