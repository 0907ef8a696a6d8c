/** How each backend is imported and started: one entry a backend, each imported only when it is asked for. */
import * as tf from '@tensorflow/tfjs-core';
import { loadTensorFlow } from '#tensorflow';
import type { BackendName } from './names.ts';

/** Imports the backend's package, so that it registers itself with the engine. */
export const importBackend: Partial<Record<BackendName, () => Promise<unknown>>> = {
  cpu: () => import('@tensorflow/tfjs-backend-cpu'),
  wasm: async () => {
    await import('@tensorflow/tfjs-backend-wasm');
    // Threads bring nothing here, and a shared heap would keep our own SIMD module from importing it.
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  },
  tensorflow: loadTensorFlow,
};
