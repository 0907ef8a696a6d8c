/** Widening rows of blocks on cpu: the reference of all others. */
import type { CpuHost } from '@famjs/backends/cpu';
import type * as tf from '@tensorflow/tfjs-core';
import { blockTypes } from '../block-types.ts';
import { type BlockAttributes, rowBytes } from '../quantised.ts';

export function widenedRows(
  host: CpuHost,
  { words, ids }: { words: tf.TensorInfo; ids?: tf.TensorInfo | undefined },
  { type, width, from, count }: BlockAttributes & { from: number; count: number },
): tf.TensorInfo {
  const { buffer, byteOffset, byteLength } = host.values(words);
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  const [rows, pitch] = words.shape as [number, number];
  const wanted = ids && host.values(ids);
  const widened = new Float32Array(count * width);
  for (let i = 0; i < count; i++) {
    const row = wanted ? wanted[i]! : from + i;
    if (row < 0 || row >= rows) continue;
    const at = 4 * pitch * row;
    const data = bytes.subarray(at, at + rowBytes({ type, width }));
    blockTypes[type].decode(data, widened.subarray(i * width, (i + 1) * width));
  }
  return host.output([count, width], widened);
}
