/** On webgpu, work that the device refuses is an error and never zeros, whoever dispatched it. */
import { GpuError, onDevice } from '@famjs/backends';
import { describeEachGpu, expectClose, loseDevice, startWithDefaultLimits } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { randomValues } from '../../test/expect-op.ts';
import { blockTypes } from '../block-types.ts';
import { embedding, linear, type Quantised, quantised, rmsNorm } from '../index.ts';

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

    test('a vocabulary of 256,000 in 8 bits is looked up, whose float32 table no buffer holds', async () => {
      const [vocabulary, width, period] = [256_000, 160, 64];
      expect(4 * vocabulary * width).toBeGreaterThan(device().limits.maxStorageBufferBindingSize);
      const data = new Uint8Array(vocabulary * 170);
      blockTypes.Q8_0.encode!(randomValues(period * width, 1), data.subarray(0, period * 170));
      for (let row = period; row < vocabulary; row += period) data.copyWithin(row * 170, 0, period * 170);
      const numbers = new Float32Array(period * width);
      blockTypes.Q8_0.decode(data.subarray(0, period * 170), numbers);
      const rowOf = (id: number) => numbers.subarray((id % period) * width, ((id % period) + 1) * width);
      const weight = quantised('Q8_0', [vocabulary, width], data) as Quantised;
      expect(weight.pieces).toHaveLength(2);
      const ids = [0, 5, 197_378, 197_379, 255_999];
      const rows = embedding(weight, tf.tensor1d(ids, 'int32'));
      await expectClose(
        rows,
        ids.flatMap((id) => [...rowOf(id)]),
        { relative: 1e-6, absolute: 1e-7 },
      );

      tf.dispose([weight, rows]);
    });

    test('what fits is computed', async () => {
      const x = ones();
      expect((await x.data())[5]).toBe(1);
      x.dispose();
    });
  });
});
