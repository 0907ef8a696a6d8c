/** TF.js' `SplitV` and `Unpack` in place: its own on wasm copy the whole tensor out of the heap for every part. */
import * as tf from '@tensorflow/tfjs-core';
import type { Host } from './module.ts';

export function split(
  host: Host,
  { x }: { x: tf.TensorInfo },
  { numOrSizeSplits, axis }: tf.SplitVAttrs,
): tf.TensorInfo[] {
  const along = tf.util.parseAxisParam(axis, x.shape)[0]!;
  const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizeSplits, along);
  const rows = tf.util.sizeFromShape(x.shape.slice(0, along));
  const unit = tf.util.sizeFromShape(x.shape.slice(along + 1)) * tf.util.bytesPerElement(x.dtype);
  const stride = x.shape[along]! * unit;
  let before = 0;
  return sizes.map((size) => {
    const part = host.output(x.shape.with(along, size), x.dtype);
    host.run.copyRows(host.address(x) + before, stride, part.address, size * unit, rows, size * unit);
    before += size * unit;
    return part.info;
  });
}

/** The gradient of `tf.stack` too. */
export function unpack(
  host: Host,
  { value }: { value: tf.TensorInfo },
  { axis }: tf.UnpackAttrs,
): tf.TensorInfo[] {
  const along = tf.util.parseAxisParam(axis, value.shape)[0]!;
  const numOrSizeSplits = value.shape[along]!;
  const shape = value.shape.toSpliced(along, 1);
  return split(host, { x: value }, { numOrSizeSplits, axis: along }).map((part) => ({ ...part, shape }));
}
