/** Rotary position embedding on webgpu, an invocation for each pair; its gradient turns back. */
import type { WebGpuHost } from '@famjs/backends/webgpu';
import type * as tf from '@tensorflow/tfjs-core';
import { each } from './each.ts';

type Angles = { cos: tf.TensorInfo; sin: tf.TensorInfo };
type Attributes = { inverse: boolean };

export function rotary(
  host: WebGpuHost,
  { x, cos, sin }: Angles & { x: tf.TensorInfo },
  { inverse }: Attributes,
): tf.TensorInfo[] {
  return rotate(host, x, { cos, sin }, inverse);
}

export function rotaryGradient(
  host: WebGpuHost,
  { dy, cos, sin }: Angles & { dy: tf.TensorInfo },
  { inverse }: Attributes,
): tf.TensorInfo[] {
  return rotate(host, dy, { cos, sin }, !inverse);
}

function rotate(host: WebGpuHost, x: tf.TensorInfo, angles: Angles, inverse: boolean): tf.TensorInfo[] {
  const value = host.output(x.shape);
  const [positions, heads, width] = x.shape.slice(-3) as [number, number, number];
  const pairs = x.shape.reduce((a, b) => a * b, 1) / 2;
  const code = () => `
    fn compute(index: u32) {
      let j = index % sizes.half;
      let head = index / sizes.half;
      let angle = head / sizes.heads % sizes.positions * sizes.half + j;
      let at = head * 2u * sizes.half + j;
      let first = x[at];
      let second = x[at + sizes.half];
      let across = sizes.direction * sin[angle];
      value[at] = first * cos[angle] - second * across;
      value[at + sizes.half] = second * cos[angle] + first * across;
    }`;
  const counts = { positions, heads, half: width / 2 };
  const factors = { direction: inverse ? -1 : 1 };
  host.run(
    each(pairs, { key: 'rotary', code, inputs: { x, ...angles }, outputs: { value }, counts, factors }),
  );
  return [value];
}
