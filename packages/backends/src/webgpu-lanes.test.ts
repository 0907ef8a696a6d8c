/** Lanes join alike whether the device's subgroups do it or workgroup memory. */
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { listBackends, setBackend } from './index.ts';
import { registerWebGpuKernels, type WebGpuKernel } from './webgpu.ts';
import { type Join, joinLanes } from './webgpu-lanes.ts';

const lanes = 64;

/** Joins every 64 values, twice in a row, so that the second time must wait for the first. */
const join: WebGpuKernel<{ x: tf.TensorInfo }, { join: Join; subgroups: boolean }> = (
  host,
  { x },
  { join, subgroups },
) => {
  const y = host.output(x.shape);
  host.run({
    key: `join ${join} ${subgroups}`,
    code: () => `
      ${joinLanes('joined', join, lanes, subgroups)}
      fn kernel(workgroup: u32, lane: u32) {
        let i = workgroup * ${lanes}u + lane;
        let once = joined(x[i], lane);
        y[i] = joined(x[i] + once, lane);
      }`,
    inputs: { x },
    outputs: { y },
    workgroupSize: lanes,
    workgroups: x.shape[0]!,
  });
  return y;
};

const webgpu = (await listBackends()).find(({ name }) => name === 'webgpu')!;

test.skipIf(!webgpu.started).for([
  ['sum', false],
  ['highest', false],
  ['sum', true],
  ['highest', true],
] as const)('the %s of a workgroup, by subgroups: %s', async ([how, subgroups], { skip }) => {
  await setBackend('webgpu');
  const { device } = tf.backend() as unknown as { device: GPUDevice };
  skip(subgroups && !device.features.has('subgroups'), 'the device has none');
  registerWebGpuKernels([{ kernelName: 'test/Join', kernel: join }]);
  const rows = Array.from({ length: 5 }, (_, row) =>
    Array.from({ length: lanes }, (_, lane) => -1 - ((37 * lane + 11 * row) % 59)),
  );
  const x = tf.tensor2d(rows);
  const y = tf.engine().runKernel('test/Join', { x }, { join: how, subgroups }) as tf.Tensor;
  const joined = (values: number[]) => (how === 'sum' ? values.reduce((a, b) => a + b) : Math.max(...values));
  const expected = rows.flatMap((row) => {
    const once = joined(row);
    return Array<number>(lanes).fill(joined(row.map((value) => value + once)));
  });
  expect(Array.from(await y.data())).toEqual(expected);
});
