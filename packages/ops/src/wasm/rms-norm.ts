/** RMSNorm on wasm: one pass over each row, and one for its gradient. */
import type * as tf from '@tensorflow/tfjs-core';
import type { GradientsOf, Host } from './module.ts';

type Inputs = { x: tf.TensorInfo; gain?: tf.TensorInfo | undefined };

export function rmsNorm(host: Host, { x, gain }: Inputs, { epsilon }: { epsilon: number }): tf.TensorInfo[] {
  const { rows, width } = rowsOf(x);
  const y = host.output(x.shape);
  const inverse = host.output([...x.shape.slice(0, -1), 1]);
  const gainAddress = gain ? host.address(gain) : 0;
  host.run.rmsNorm(host.address(x), gainAddress, y.address, inverse.address, rows, width, epsilon);
  return [y.info, inverse.info];
}

export function rmsNormGradient(
  host: Host,
  { x, gain, inverse, dy }: Inputs & { inverse: tf.TensorInfo; dy: tf.TensorInfo },
  { gradientsOf }: GradientsOf<'x' | 'gain'>,
): tf.TensorInfo[] {
  const { rows, width } = rowsOf(x);
  const gradients = { x: host.output(x.shape), gain: gain && host.output(gain.shape) };
  host.run.rmsNormGradient(
    ...[host.address(dy), host.address(x), gain ? host.address(gain) : 0, host.address(inverse)],
    ...[gradients.x.address, gradients.gain?.address ?? 0, rows, width],
  );
  return gradientsOf.map((name) => gradients[name]!.info);
}

function rowsOf({ shape }: tf.TensorInfo): { rows: number; width: number } {
  return { rows: shape.slice(0, -1).reduce((a, b) => a * b, 1), width: shape.at(-1)! };
}
