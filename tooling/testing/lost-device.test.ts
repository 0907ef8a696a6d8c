/** A device that is really lost: an error at the next await, never zeros, and a fresh device when asked for. */
import { DeviceLostError, onDevice, setBackend } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { describeEachGpu, loseDevice } from './lost-device.ts';

/** More values than TF.js would leave to the processor. */
const width = 64;
const product = () => tf.tidy(() => tf.matMul(tf.ones([width, width]), tf.ones([width, width])));
const exact = new Float32Array(width * width).fill(width);

describeEachGpu('a lost device', (backend) => {
  test('is an error for whoever waits for values, before and after', async () => {
    const y = product();
    const waiting = y.data();
    const told = loseDevice();
    await expect(waiting).rejects.toThrow(DeviceLostError);
    await expect(y.data()).rejects.toThrow(DeviceLostError);
    y.dispose();
    await told;
  });

  test('is an error of work that awaits nothing from it', async () => {
    await expect(onDevice(async () => 'done')).resolves.toBe('done');
    await expect(onDevice(() => Promise.reject(new TypeError('other')))).rejects.toThrow(TypeError);
    const work = onDevice(async () => {
      await loseDevice();
      product().dispose();
    });
    await expect(work).rejects.toThrow(DeviceLostError);
  });

  test.each([backend, 'cpu'] as const)('gives way to %s when that is started', async (next) => {
    const lost = product();
    await loseDevice();
    await expect(lost.data()).rejects.toThrow(DeviceLostError);
    await setBackend(next);
    const y = product();
    expect(await y.data()).toEqual(exact);
    expect(() => tf.add(lost, 1)).toThrow(DeviceLostError);
    const before = tf.memory().numTensors;
    tf.dispose([lost, y]);
    expect(tf.memory().numTensors).toBe(before - 2);
  });
});
