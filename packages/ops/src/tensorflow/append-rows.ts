/** Appending to a log on tensorflow: into the buffer of the log itself where it has room, by an op that TF.js does not name. */
import * as tf from '@tensorflow/tfjs-core';
import { type AppendAttributes, type AppendTensors, rowSizes } from '../row-log.ts';
import { execute } from './node-backend.ts';

export function appendRows(
  _: undefined,
  { log, rows }: AppendTensors,
  { at, capacity, shares }: AppendAttributes,
): tf.TensorInfo {
  const { B, n, width } = rowSizes(rows);
  const flat = (x: tf.TensorInfo, count: number) => tf.reshape(x as tf.Tensor, [B * count, width]);
  let storage = shares ? flat(log!, capacity) : tf.fill([B * capacity, width], 0);
  if (!shares && log && at > 0) {
    const before = tf.slice(
      tf.reshape(log as tf.Tensor, [B, log.shape[1]!, width]),
      [0, 0, 0],
      [B, at, width],
    );
    storage = written(storage, flat(before, at), placesOf(B, capacity, 0, at));
  }
  const appended = written(storage, flat(rows, n), placesOf(B, capacity, at, n));
  return tf.reshape(appended, [B, capacity, ...rows.shape.slice(2)]);
}

/** `storage` with other rows at `places`: TensorFlow writes them into its buffer, which the result shares. */
const written = (storage: tf.Tensor, rows: tf.Tensor, places: tf.Tensor) =>
  execute('InplaceUpdate', [storage, places, rows]);

/** Rows from … from + count − 1 of every log, in the storage of all. */
function placesOf(B: number, capacity: number, from: number, count: number): tf.Tensor {
  const places = Int32Array.from({ length: B * count }, (_, i) => {
    const b = Math.floor(i / count);
    return b * capacity + from + (i - b * count);
  });
  return tf.tensor1d(places, 'int32');
}
