/** Rotary position embedding on wasm; its gradient turns back. */
import type * as tf from '@tensorflow/tfjs-core';
import type { Host } from './module.ts';

type Angles = { cos: tf.TensorInfo; sin: tf.TensorInfo };
type Attributes = { inverse: boolean };

export function rotary(
  host: Host,
  inputs: Angles & { x: tf.TensorInfo },
  { inverse }: Attributes,
): tf.TensorInfo[] {
  return rotate(host, inputs.x, inputs, inverse);
}

export function rotaryGradient(
  host: Host,
  inputs: Angles & { dy: tf.TensorInfo },
  { inverse }: Attributes,
): tf.TensorInfo[] {
  return rotate(host, inputs.dy, inputs, !inverse);
}

function rotate(host: Host, x: tf.TensorInfo, { cos, sin }: Angles, inverse: boolean): tf.TensorInfo[] {
  const y = host.output(x.shape);
  const [positions, heads, width] = x.shape.slice(-3) as [number, number, number];
  const groups = x.shape.slice(0, -3).reduce((a, b) => a * b, 1);
  host.run.rotary(
    ...[host.address(x), host.address(cos), host.address(sin), y.address],
    ...[groups, positions, heads, width / 2, inverse ? -1 : 1],
  );
  return [y.info];
}
