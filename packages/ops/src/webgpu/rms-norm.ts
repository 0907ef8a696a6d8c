/** RMSNorm on webgpu: a workgroup for each row, and for each few columns of the gain's gradient. */
import type { WebGpuHost } from '@famjs/backends/webgpu';
import type * as tf from '@tensorflow/tfjs-core';
import { lanes, rowsOf } from './rows.ts';

type Inputs = { x: tf.TensorInfo; gain?: tf.TensorInfo | undefined };

export function rmsNorm(
  host: WebGpuHost,
  { x, gain }: Inputs,
  { epsilon }: { epsilon: number },
): tf.TensorInfo[] {
  const { rows, width } = rowsOf(x);
  const [value, inverse] = [host.output(x.shape), host.output([...x.shape.slice(0, -1), 1])];
  host.run({
    key: 'RMSNorm',
    code: () => `
      ${host.joinLanes('sumOf', 'sum', lanes)}
      fn kernel(row: u32, lane: u32) {
        var squares = 0.0;
        for (var i = lane; i < sizes.width; i += ${lanes}u) {
          let value = x[row * sizes.width + i];
          squares += value * value;
        }
        let scale = inverseSqrt(sumOf(squares, lane) / f32(sizes.width) + sizes.epsilon);
        if (lane == 0u) { inverse[row] = scale; }
        for (var i = lane; i < sizes.width; i += ${lanes}u) {
          var result = x[row * sizes.width + i] * scale;
          if (sizes.hasGain == 1u) { result *= gain[i]; }
          value[row * sizes.width + i] = result;
        }
      }`,
    inputs: { x, gain },
    outputs: { value, inverse },
    counts: { width, hasGain: gain ? 1 : 0 },
    factors: { epsilon },
    workgroupSize: lanes,
    workgroups: rows,
  });
  return [value, inverse];
}

export function rmsNormGradient(
  host: WebGpuHost,
  { x, gain, inverse, dy }: Inputs & Record<'inverse' | 'dy', tf.TensorInfo>,
  { gradientsOf }: { gradientsOf: ('x' | 'gain')[] },
): tf.TensorInfo[] {
  const gradients = {
    x: () => gradientOfRows(host, { x, gain, inverse, dy }),
    gain: () => gradientOfGain(host, { x, inverse, dy }),
  };
  return gradientsOf.map((name) => gradients[name]());
}

function gradientOfRows(
  host: WebGpuHost,
  { x, gain, inverse, dy }: Inputs & Record<'inverse' | 'dy', tf.TensorInfo>,
): tf.TensorInfo {
  const { rows, width } = rowsOf(x);
  const dx = host.output(x.shape);
  host.run({
    key: 'RMSNorm gradient',
    code: () => `
      ${host.joinLanes('sumOf', 'sum', lanes)}
      fn slopeAt(at: u32, i: u32) -> f32 {
        return select(dy[at], dy[at] * gain[i], sizes.hasGain == 1u);
      }
      fn kernel(row: u32, lane: u32) {
        let scale = inverse[row];
        var along = 0.0;
        for (var i = lane; i < sizes.width; i += ${lanes}u) {
          let at = row * sizes.width + i;
          along += slopeAt(at, i) * x[at] * scale;
        }
        let mean = sumOf(along, lane) / f32(sizes.width);
        for (var i = lane; i < sizes.width; i += ${lanes}u) {
          let at = row * sizes.width + i;
          dx[at] = (slopeAt(at, i) - x[at] * scale * mean) * scale;
        }
      }`,
    inputs: { x, gain, inverse, dy },
    outputs: { dx },
    counts: { width, hasGain: gain ? 1 : 0 },
    workgroupSize: lanes,
    workgroups: rows,
  });
  return dx;
}

/** Columns of a workgroup, whose lanes share out the rows. */
const columns = 16;

function gradientOfGain(
  host: WebGpuHost,
  { x, inverse, dy }: Record<'x' | 'inverse' | 'dy', tf.TensorInfo>,
): tf.TensorInfo {
  const { rows, width } = rowsOf(x);
  const dGain = host.output([width]);
  const workgroupSize = 256;
  host.run({
    key: 'RMSNorm gain gradient',
    code: () => `
      var<workgroup> parts: array<f32, ${workgroupSize}>;
      fn kernel(workgroup: u32, lane: u32) {
        let column = workgroup * ${columns}u + lane % ${columns}u;
        var sum = 0.0;
        if (column < sizes.width) {
          for (var row = lane / ${columns}u; row < sizes.rows; row += ${workgroupSize / columns}u) {
            let at = row * sizes.width + column;
            sum += dy[at] * x[at] * inverse[row];
          }
        }
        parts[lane] = sum;
        workgroupBarrier();
        if (lane < ${columns}u && column < sizes.width) {
          for (var i = lane + ${columns}u; i < ${workgroupSize}u; i += ${columns}u) { sum += parts[i]; }
          dGain[column] = sum;
        }
      }`,
    inputs: { x, inverse, dy },
    outputs: { dGain },
    counts: { rows, width },
    workgroupSize,
    workgroups: Math.ceil(width / columns),
  });
  return dGain;
}
