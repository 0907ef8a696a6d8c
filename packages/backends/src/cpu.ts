/** Runs kernels of ours on the cpu backend: on its arrays. */
import type * as tf from '@tensorflow/tfjs-core';
import { type Kernel, registrarFor } from './registrar.ts';

/** What we use of the backend object of `@tensorflow/tfjs-backend-cpu`. */
interface CpuBackend {
  data: { get(id: tf.DataId): { values: tf.TypedArray } };
  makeTensorInfo(shape: number[], dtype: tf.DataType, values: tf.TypedArray): tf.TensorInfo;
  incRef(dataId: tf.DataId): void;
}

/** What a kernel works with. */
export interface CpuHost {
  /** The values of a tensor: only those of one that the kernel shares may be changed. */
  values(tensor: tf.TensorInfo): tf.TypedArray;
  /** A new tensor, float32 unless said otherwise. */
  output(shape: number[], values: tf.TypedArray, dtype?: tf.DataType): tf.TensorInfo;
  /** A second tensor over the same values. */
  share(tensor: tf.TensorInfo): tf.TensorInfo;
}

export type CpuKernel<Inputs, Attributes> = Kernel<CpuHost, Inputs, Attributes>;

/** Registers kernels for the cpu backend. */
export const registerCpuKernels = registrarFor<CpuBackend, CpuHost>('cpu', (backend, note) => ({
  values: ({ dataId }) => backend.data.get(dataId).values,
  output: (shape, values, dtype = 'float32') => note(backend.makeTensorInfo(shape, dtype, values)),
  share({ dataId, shape, dtype }) {
    backend.incRef(dataId);
    return note({ dataId, shape, dtype });
  },
}));
