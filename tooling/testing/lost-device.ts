/** Takes the GPU away, or gives one with less, for suites about what happens then. */
import { type BackendName, setBackend } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, vi } from 'vitest';
import { reports } from './reports.ts';

/** Declares `suite` once for each backend that started on a device which can be lost; each test begins on a good one. */
export function describeEachGpu(title: string, suite: (backend: BackendName) => void): void {
  for (const { name, started } of reports) {
    if (!started || !name.startsWith('webg')) continue;
    describe(`${title} on ${name}`, () => {
      beforeEach(async () => {
        await setBackend(name);
      });
      suite(name);
    });
  }
}

/** Loses the current backend's device, as a driver that is reset does. @returns when the platform has told of it */
export async function loseDevice(): Promise<void> {
  const backend = tf.backend() as { device?: GPUDevice; gpgpu?: { gl: WebGL2RenderingContext } };
  backend.device?.destroy();
  backend.gpgpu?.gl.getExtension('WEBGL_lose_context')?.loseContext();
  await backend.device?.lost;
}

/** Starts webgpu on a fresh device with the limits that every device has, whatever this one could have. */
export async function startWithDefaultLimits(): Promise<void> {
  await loseDevice();
  const { gpu } = navigator;
  const requestAdapter = gpu.requestAdapter.bind(gpu);
  const spy = vi.spyOn(gpu, 'requestAdapter').mockImplementation(async (options) => {
    const adapter = (await requestAdapter(options))!;
    const requestDevice = adapter.requestDevice.bind(adapter);
    adapter.requestDevice = () => requestDevice();
    return adapter;
  });
  await setBackend('webgpu');
  spy.mockRestore();
}
