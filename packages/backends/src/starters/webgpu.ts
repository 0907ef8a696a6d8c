/** WebGPU: the browser's, or Dawn's in Node, on a device with all that our kernels can use. */
import * as tf from '@tensorflow/tfjs-core';
import { requireGpu } from '#gpu';
import type { Starter } from './starter.ts';

/** Limits that are asked for as high as the adapter has them; the others stay at the guaranteed ones. */
const raisedLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
] as const;

const wantedFeatures = ['subgroups', 'shader-f16', 'timestamp-query', 'bgra8unorm-storage'];

export const webgpu: Starter = {
  async load() {
    // TF.js looks for it when its backend is imported.
    const gpu = await requireGpu();
    const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
    tf.env().set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', 64);
    if (tf.engine().backendNames().includes('webgpu') && 'webgpu' in tf.engine().registry) return;
    tf.removeBackend('webgpu');
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) throw new Error('there is no adapter for WebGPU');
    const device = await adapter.requestDevice({
      requiredFeatures: wantedFeatures.filter((name) => adapter.features.has(name)) as GPUFeatureName[],
      requiredLimits: Object.fromEntries(raisedLimits.map((name) => [name, adapter.limits[name]])),
    });
    tf.registerBackend('webgpu', () => new WebGPUBackend(device, adapter.info), 3);
  },
  emulatedBy() {
    const { device } = tf.backend() as unknown as { device: GPUDevice };
    return device.adapterInfo.isFallbackAdapter ? device.adapterInfo.description : undefined;
  },
};
