/** Registers attention for the cpu backend. */
import * as tf from '@tensorflow/tfjs-core';
import { plainCalls, take } from '../terms.ts';
import { backward, forward, type Kernel } from './attention.ts';

/** What we use of the backend object of `@tensorflow/tfjs-backend-cpu`. */
interface CpuBackend {
  data: { get(id: tf.DataId): { values: Float32Array } };
  makeTensorInfo(shape: number[], dtype: tf.DataType, values: Float32Array): tf.TensorInfo;
}

export function install(): void {
  register('famjs/BlockAttention', forward);
  register('famjs/BlockAttentionGrad', backward);
  take('cpu', plainCalls);
}

function register<Tensors, Attributes>(kernelName: string, kernel: Kernel<Tensors, Attributes>): void {
  if (tf.getKernel(kernelName, 'cpu')) return;
  tf.registerKernel({
    kernelName,
    backendName: 'cpu',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { data, makeTensorInfo } = backend as CpuBackend;
      const values = Object.entries(inputs).map(([name, tensor]) => [name, data.get(tensor!.dataId).values]);
      const outputs = kernel(inputs as Tensors, Object.fromEntries(values), attrs as Attributes);
      return outputs.map(({ shape, values }) => makeTensorInfo.call(backend, shape, 'float32', values));
    },
  });
}
