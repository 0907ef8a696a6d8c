/** TF.js' `Slice` that copies the piece alone: its own on wasm copies the whole source first. */
import * as tf from '@tensorflow/tfjs-core';
import type { Host } from './module.ts';

/** An axis of the source, and what is cut out of it. */
interface Cut {
  extent: number;
  begin: number;
  size: number;
}

export function slice(
  host: Host,
  { x }: { x: tf.TensorInfo },
  { begin, size }: tf.SliceAttrs,
): tf.TensorInfo {
  const [from, sizes] = tf.slice_util.parseSliceParams(x, begin, size) as [number[], number[]];
  tf.slice_util.assertParamsValid(x, from, sizes);
  const piece = host.output(sizes, x.dtype);
  if (tf.util.sizeFromShape(sizes) === 0) return piece.info;

  const cuts = joined(x.shape.map((extent, axis) => ({ extent, begin: from[axis]!, size: sizes[axis]! })));
  const bytes = tf.util.bytesPerElement(x.dtype);
  const pitchOf = (axis: number) =>
    cuts.slice(axis + 1).reduce((product, { extent }) => product * extent, bytes);
  const start = cuts.reduce((sum, cut, axis) => sum + cut.begin * pitchOf(axis), host.address(x));
  const run = cuts.at(-1)!.size * bytes;
  const rows = cuts.at(-2)?.size ?? 1;
  let starts = [start];
  for (let axis = 0; axis < cuts.length - 2; axis++) {
    const steps = Array.from({ length: cuts[axis]!.size }, (_, i) => i * pitchOf(axis));
    starts = starts.flatMap((at) => steps.map((step) => at + step));
  }
  starts.forEach((at, i) => {
    host.run.copyRows(at, pitchOf(cuts.length - 2), piece.address + i * rows * run, run, rows, run);
  });
  return piece.info;
}

/** The same cut over as few axes as there can be: one that is kept whole is part of the one before it. */
function joined(cuts: Cut[]): Cut[] {
  const result: Cut[] = [{ extent: 1, begin: 0, size: 1 }];
  for (const { extent, begin, size } of cuts) {
    const last = result.at(-1)!;
    if (size < extent && last.extent > 1) {
      result.push({ extent, begin, size });
    } else if (last.extent === 1) {
      result[result.length - 1] = { extent, begin, size };
    } else {
      last.extent *= extent;
      last.begin *= extent;
      last.size *= extent;
    }
  }
  return result;
}
