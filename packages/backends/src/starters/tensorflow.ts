/** Native TensorFlow in Node, on the processor or with CUDA. */
import { loadTensorFlow } from '../tensorflow.node.ts';
import { multiplyAlongOneAxis } from './corrections.ts';
import type { Starter } from './starter.ts';

/** What we use of the backend object of `@tensorflow/tfjs-node`. */
interface NodeBackend {
  binding: { TF_Version: string };
  isUsingGpuDevice: boolean;
}

export const tensorflow: Starter = {
  async load() {
    await loadTensorFlow();
    multiplyAlongOneAxis('tensorflow');
  },
  describe: (backend) => {
    const { binding, isUsingGpuDevice } = backend as unknown as NodeBackend;
    return {
      version: `TensorFlow ${binding.TF_Version}`,
      device: isUsingGpuDevice ? 'CUDA' : 'processor, all threads',
      precision: 'float32',
      emulated: false,
      limits: {},
    };
  },
};
