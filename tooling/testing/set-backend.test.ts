/** Starting backends when other things happen at once, or in browsers that say little of their devices. */
import {
  describeBackend,
  kernelsReady,
  listBackends,
  onDevice,
  provideKernels,
  setBackend,
} from '@famjs/backends';
import { registerCpuKernels } from '@famjs/backends/cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test, vi } from 'vitest';
import { describeEachGpu, loseDevice } from './lost-device.ts';

const kernelName = 'test/Late';
const module = {
  install: () => registerCpuKernels([{ kernelName, kernel: (_, { x }: { x: tf.TensorInfo }) => x }]),
};

afterEach(() => {
  vi.restoreAllMocks();
  if (tf.getKernel(kernelName, 'cpu')) tf.unregisterKernel(kernelName, 'cpu');
});

test('kernels that come when their backend runs are installed, once', async () => {
  await setBackend('cpu');
  const load = vi.fn(async () => module);
  provideKernels('cpu', load);
  expect(load).toHaveBeenCalledOnce();
  expect(await onDevice(async () => tf.getKernel(kernelName, 'cpu'))).toBeDefined();
  await kernelsReady();
  await setBackend('cpu');
  expect(load).toHaveBeenCalledOnce();
});

test('kernels that could not be loaded are tried again, and told of', async () => {
  await setBackend('cpu');
  const load = vi
    .fn<() => Promise<typeof module>>()
    .mockRejectedValueOnce(new Error('offline'))
    .mockRejectedValueOnce(new Error('still offline'))
    .mockResolvedValue(module);
  provideKernels('cpu', load);
  await vi.waitFor(() => expect(load.mock.settledResults[0]?.type).toBe('rejected'));
  await expect(kernelsReady()).rejects.toThrow('still offline');
  await kernelsReady();
  expect(tf.getKernel(kernelName, 'cpu')).toBeDefined();
});

test('kernels of a backend that does not run wait for it', async () => {
  await setBackend('wasm');
  const load = vi.fn(async () => module);
  provideKernels('cpu', load);
  await kernelsReady();
  expect(load).not.toHaveBeenCalled();
  await setBackend('cpu');
  expect(tf.getKernel(kernelName, 'cpu')).toBeDefined();
});

describeEachGpu('starting', (backend) => {
  test('twice at once gives both callers the same device', async () => {
    await loseDevice();
    const first = setBackend(backend).then(() => tf.ones([64, 64]));
    const second = setBackend(backend);
    const x = await first;
    await second;
    expect(new Set(await x.data())).toEqual(new Set([1]));
    x.dispose();
  });

  test.runIf(backend === 'webgpu')('needs no word from the device about itself', async () => {
    await loseDevice();
    const { gpu } = navigator;
    const requestAdapter = gpu.requestAdapter.bind(gpu);
    vi.spyOn(gpu, 'requestAdapter').mockImplementation(async (options) => {
      const adapter = (await requestAdapter(options))!;
      const requestDevice = adapter.requestDevice.bind(adapter);
      const silent = { value: undefined, configurable: true };
      Object.defineProperty(adapter, 'info', silent);
      adapter.requestDevice = async (descriptor) =>
        Object.defineProperty(await requestDevice(descriptor), 'adapterInfo', silent);
      return adapter;
    });
    await setBackend(backend);
    expect(describeBackend().device).toBe('a device without a name');
    const reports = await listBackends();
    expect(reports.find(({ name }) => name === 'webgpu')?.started).toBe(true);
    await setBackend('auto');
    await setBackend(backend);
    await loseDevice();
  });
});
