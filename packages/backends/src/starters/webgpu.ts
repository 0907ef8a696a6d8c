/** WebGPU: the browser's, or Dawn's in Node, on a device with all that our kernels can use. */
import * as tf from '@tensorflow/tfjs-core';
import { hasHardware, patiently, requireGpu } from '#gpu';
import { guardDevice, type News } from '../device-guard.ts';
import { importError } from '../missing-package.ts';
import type { BackendOptions } from '../options.ts';
import { requireRoom } from '../webgpu-limits.ts';
import { addInGroups, multiplyInOneOrder } from './corrections.ts';
import { registerInstead, type Starter, tensorFlowJs } from './starter.ts';

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

/** For our kernels, and for what TF.js does with images and profiles. */
const wantedFeatures = ['subgroups', 'shader-f16', 'timestamp-query', 'bgra8unorm-storage'];

/** What adapters said of themselves. Not every browser has it at the device. */
const adapters = new WeakMap<GPUDevice, Partial<GPUAdapterInfo>>();

export const webgpu: Starter = {
  async findProgram(options) {
    if (!hasHardware()) throw new Error('this machine has no GPU');
    const { info } = await adapterFor(options);
    return info && isEmulated(info) ? nameOf(info) : undefined;
  },

  async load(options) {
    // Before the import, for TF.js looks for WebGPU then.
    const adapter = await adapterFor(options);
    const { WebGPUBackend } = await importBackend();
    const device = await adapter.requestDevice({
      requiredFeatures: wantedFeatures.filter((name) => adapter.features.has(name)) as GPUFeatureName[],
      requiredLimits: Object.fromEntries(raisedLimits.map((name) => [name, adapter.limits[name]])),
    });
    adapters.set(device, adapter.info ?? device.adapterInfo ?? {});
    // One buffer is the sum's.
    addInGroups('webgpu', device.limits.maxStorageBuffersPerShaderStage - 1);
    multiplyInOneOrder('webgpu');
    tf.env().set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', 64);
    registerInstead('webgpu', () => {
      const backend = guardDevice(new WebGPUBackend(device, adapter.info), newsOf(device), {
        settle: () => patiently(settle(device)),
        submit() {
          backend.ensureCommandEncoderReady();
          backend.endComputePassEncoder();
          backend.submitQueue();
        },
      });
      requireRoom(backend);
      const { read } = backend;
      backend.read = (dataId) => patiently(read(dataId));
      return backend;
    });
  },

  describe(backend) {
    const running = (backend as unknown as { device: GPUDevice }).device;
    const info: Partial<GPUAdapterInfo> = adapters.get(running) ?? running.adapterInfo ?? {};
    return {
      version: tensorFlowJs,
      device: nameOf(info),
      ...(info.description && { driver: info.description }),
      precision: 'float32',
      emulated: isEmulated(info),
      limits: Object.fromEntries(raisedLimits.map((name) => [name, running.limits[name]])),
    };
  },
};

async function adapterFor({ powerPreference = 'high-performance' }: BackendOptions): Promise<GPUAdapter> {
  const gpu = await requireGpu();
  const adapter = await gpu.requestAdapter({ powerPreference });
  if (!adapter) throw new Error('WebGPU finds no device');
  return adapter;
}

async function importBackend() {
  try {
    return await import('@tensorflow/tfjs-backend-webgpu');
  } catch (error) {
    throw importError('@tensorflow/tfjs-backend-webgpu', error);
  }
}

const isEmulated = ({ isFallbackAdapter = false, architecture = '' }: Partial<GPUAdapterInfo>) =>
  isFallbackAdapter || /swiftshader|llvmpipe/.test(architecture);

const nameOf = ({ vendor, architecture, device }: Partial<GPUAdapterInfo>) =>
  [vendor, architecture, device].filter(Boolean).join(' ') || 'a device without a name';

const newsOf =
  (device: GPUDevice) =>
  ({ lost, refused }: News) => {
    device.lost.then(({ message, reason }) => lost(message || reason));
    device.addEventListener('uncapturederror', ({ error }) => refused(error.message));
  };

/** What was refused before is told before the answer comes. */
async function settle(device: GPUDevice): Promise<void> {
  device.pushErrorScope('validation');
  await device.popErrorScope().catch(() => {});
}
