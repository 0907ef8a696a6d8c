/** On webgpu, work that the device refuses is an error and never zeros, whoever dispatched it. */
import { GpuError, onDevice } from '@famjs/backends';
import { describeEachGpu, loseDevice, startWithDefaultLimits } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { embedding, linear, rmsNorm } from '../index.ts';

const device = () => (tf.backend() as unknown as { device: GPUDevice }).device;

/** What a driver does with a shader that it does not like. */
const refuseWork = () => device().createShaderModule({ code: 'no shader' });

/** More values than TF.js would leave to the processor. */
const ones = () => tf.tidy(() => tf.add(tf.zeros([64, 64]), 1));

describeEachGpu('refused work', (backend) => {
  describe.runIf(backend === 'webgpu')('of the device', () => {
    test('is an error at the next read, once', async () => {
      const x = ones();
      refuseWork();
      const reads = await Promise.allSettled([x.data(), x.data()]);
      for (const read of reads)
        expect(read).toMatchObject({ status: 'rejected', reason: expect.any(GpuError) });
      const y = ones();
      expect((await y.data())[0]).toBe(1);
      tf.dispose([x, y]);
    });

    test('is an error of work that awaits nothing from it', async () => {
      await expect(onDevice(async () => refuseWork())).rejects.toThrow(GpuError);
    });
  });

  describe.runIf(backend === 'webgpu')('of a device with default limits', () => {
    beforeEach(startWithDefaultLimits);
    afterEach(loseDevice);

    const vocabulary = (129 * 2 ** 20) / 4 / 1024;

    test('a table of 129 MiB is refused by name', () => {
      expect(device().limits.maxStorageBufferBindingSize).toBe(2 ** 27);
      const table = tf.zeros([vocabulary, 1024]);
      const ids = tf.tensor1d([1, 2], 'int32');
      expect(() => embedding(table, ids)).toThrow(GpuError);
      expect(() => embedding(table, ids)).toThrow(/table.*\[33024,1024\].*129 MiB/);
      expect(() => linear(tf.ones([4, 1024]), { weight: table })).toThrow(/33024,1024\].*129 MiB/);
      expect(() => rmsNorm(table, undefined, 1e-6)).toThrow(/x of RMSNorm.*129 MiB/);
      expect(() => tf.add(table, 1)).toThrow(GpuError);
      tf.dispose([table, ids]);
    });

    test('what fits is computed', async () => {
      const x = ones();
      expect((await x.data())[5]).toBe(1);
      x.dispose();
    });
  });
});
