/** Appending to a log on wasm: into the memory of the log itself where it has room. */
import type * as tf from '@tensorflow/tfjs-core';
import { type AppendAttributes, type AppendTensors, rowSizes } from '../row-log.ts';
import type { Host } from './module.ts';

export function appendRows(
  host: Host,
  { log, rows }: AppendTensors,
  { at, capacity, shares }: AppendAttributes,
): tf.TensorInfo {
  const { B, n, width } = rowSizes(rows);
  const unit = 4 * width;
  const target = shares
    ? { info: host.share(log!), address: host.address(log!) }
    : host.output([B, capacity, ...rows.shape.slice(2)]);
  const copy = (from: tf.TensorInfo, count: number, to: number) =>
    host.run.copyRows(
      ...[host.address(from), from.shape[1]! * unit, target.address + to * unit, capacity * unit],
      ...[B, count * unit],
    );
  if (!shares && log) copy(log, at, 0);
  copy(rows, n, at);
  return target.info;
}
