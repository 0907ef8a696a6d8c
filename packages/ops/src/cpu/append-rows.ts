/** Appending to a log on cpu: into the arrays of the log itself where it has room. */
import type { CpuHost } from '@famjs/backends/cpu';
import type * as tf from '@tensorflow/tfjs-core';
import { type AppendAttributes, type AppendTensors, rowSizes } from '../row-log.ts';

export function appendRows(
  host: CpuHost,
  { log, rows }: AppendTensors,
  { at, capacity, shares }: AppendAttributes,
): tf.TensorInfo {
  const { B, n, width } = rowSizes(rows);
  const values = shares ? host.values(log!) : new Float32Array(B * capacity * width);
  const copy = (from: tf.TensorInfo, count: number, to: number) => {
    const source = host.values(from);
    const pitch = from.shape[1]! * width;
    for (let b = 0; b < B; b++) {
      values.set(source.subarray(b * pitch, b * pitch + count * width), (b * capacity + to) * width);
    }
  };
  if (!shares && log) copy(log, at, 0);
  copy(rows, n, at);
  return shares ? host.share(log!) : host.output([B, capacity, ...rows.shape.slice(2)], values);
}
