/** Appending to a log on webgpu: into the buffer of the log itself where it has room. */
import type { WebGpuHost } from '@famjs/backends/webgpu';
import type * as tf from '@tensorflow/tfjs-core';
import { type AppendAttributes, type AppendTensors, rowSizes } from '../row-log.ts';
import { each } from './each.ts';

export function appendRows(
  host: WebGpuHost,
  { log, rows }: AppendTensors,
  { at, capacity, shares }: AppendAttributes,
): tf.TensorInfo {
  const { B, n, width } = rowSizes(rows);
  const target = shares ? host.share(log!) : host.output([B, capacity, ...rows.shape.slice(2)]);
  const copy = (from: tf.TensorInfo, count: number, to: number) =>
    host.run(
      each(B * count * width, {
        key: 'append rows',
        code: () => `
          fn compute(index: u32) {
            let b = index / sizes.size;
            let place = index % sizes.size;
            appended[b * sizes.pitch + sizes.first + place] = rows[b * sizes.sourcePitch + place];
          }`,
        inputs: { rows: from },
        outputs: { appended: target },
        counts: {
          ...{ size: count * width, pitch: capacity * width, first: to * width },
          sourcePitch: from.shape[1]! * width,
        },
      }),
    );
  if (!shares && log) copy(log, at, 0);
  copy(rows, n, at);
  return target;
}
