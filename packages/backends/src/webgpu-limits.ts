/** What a device has room for: tensors beyond its limits are refused by name before anything is dispatched. */
import * as tf from '@tensorflow/tfjs-core';
import { GpuError, require } from './errors.ts';

type Shaped = Pick<tf.TensorInfo, 'shape'>;

/** What we use of the backend object of `@tensorflow/tfjs-backend-webgpu`. */
interface Runner {
  device: GPUDevice;
  runWebGPUProgram(program: Program, inputs: tf.TensorInfo[], ...more: unknown[]): tf.TensorInfo;
}

interface Program {
  outputShape: number[];
  variableNames: string[];
}

/** Has the programs of TensorFlow.js, too, refuse tensors that the device would make zeros of. */
export function requireRoom(backend: object): void {
  const runner = backend as Runner;
  const { runWebGPUProgram } = runner;
  runner.runWebGPUProgram = (program, inputs, ...more) => {
    const { limits } = runner.device;
    for (const [index, input] of inputs.entries())
      requireBindable(limits, program.variableNames[index]!, input);
    requireBindable(limits, 'the result', { shape: program.outputShape });
    return runWebGPUProgram.call(runner, program, inputs, ...more);
  };
}

/** @throws GpuError where a shader cannot bind the whole tensor */
export function requireBindable(limits: GPUSupportedLimits, name: string, { shape }: Shaped): void {
  const most = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
  const bytes = 4 * tf.util.sizeFromShape(shape);
  require(bytes <= most, GpuError, () => ({
    wrong: `A kernel was to read or write ${name}, a tensor of shape [${shape}] and ${mebibytes(bytes)}.`,
    expected: `tensors of at most ${mebibytes(most)}: this GPU binds no more at once.`,
    remedy: 'use smaller batches or segments; a weight that is larger needs another backend.',
  }));
}

const mebibytes = (bytes: number) => `${Number((bytes / 2 ** 20).toFixed(1))} MiB`;

/** @throws GpuError where there are more workgroups than two dimensions of a grid take */
export function requireGrid(limits: GPUSupportedLimits, name: string, workgroups: number): void {
  const most = limits.maxComputeWorkgroupsPerDimension ** 2;
  require(workgroups <= most, GpuError, () => ({
    wrong: `${name} needs ${workgroups} workgroups.`,
    expected: `at most ${most} on this GPU.`,
    remedy: 'use smaller batches or segments.',
  }));
}
