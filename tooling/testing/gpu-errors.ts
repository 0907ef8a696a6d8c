/**
 * What a GPU finds wrong. An invalid shader or command only shows in the log, and the results are zeros; here it fails the
 * test that caused it.
 */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach } from 'vitest';

/** Declares the hooks of a suite whose backend is current while its tests run. */
export function failOnGpuErrors(): void {
  let settle: () => Promise<string[]>;
  beforeEach(() => {
    settle = watchGpu();
  });
  afterEach(async () => {
    const errors = await settle();
    if (errors.length > 0) throw new Error(`The GPU found errors:\n${errors.join('\n')}`);
  });
}

/** @returns ends the watch: everything that the current backend's GPU found wrong since, once it is done with its work */
export function watchGpu(): () => Promise<string[]> {
  const backend = tf.backend();
  if ('device' in backend) return watchDevice(backend as unknown as WebGPUBackend);
  if ('gpgpu' in backend) return watchContext((backend as unknown as WebGLBackend).gpgpu.gl);
  return async () => [];
}

/** What we use of the backend object of `@tensorflow/tfjs-backend-webgpu`. */
interface WebGPUBackend {
  device: GPUDevice;
  /** Commands that were not submitted yet. */
  commandEncoder: GPUCommandEncoder | null;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

/** What we use of the backend object of `@tensorflow/tfjs-backend-webgl`. */
interface WebGLBackend {
  gpgpu: { gl: WebGL2RenderingContext };
}

const filters = ['validation', 'out-of-memory', 'internal'] as const;

function watchDevice(backend: WebGPUBackend): () => Promise<string[]> {
  for (const filter of filters) backend.device.pushErrorScope(filter);
  return async () => {
    backend.endComputePassEncoder();
    if (backend.commandEncoder) backend.submitQueue();
    const errors = await Promise.all(filters.map(() => backend.device.popErrorScope()));
    return errors.flatMap((error) => (error ? [error.message] : []));
  };
}

function watchContext(gl: WebGL2RenderingContext): () => Promise<string[]> {
  drain(gl);
  return async () => drain(gl).map((code) => `WebGL error 0x${code.toString(16)}`);
}

function drain(gl: WebGL2RenderingContext): number[] {
  const errors: number[] = [];
  for (let code = gl.getError(); code !== gl.NO_ERROR; code = gl.getError()) {
    errors.push(code);
    if (code === gl.CONTEXT_LOST_WEBGL) break;
  }
  return errors;
}
