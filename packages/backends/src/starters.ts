/** How each backend is imported and started: one entry a backend, each imported only when it is asked for. */
import * as tf from '@tensorflow/tfjs-core';
import type { BackendName } from './names.ts';
import { loadTensorFlow } from '#tensorflow';

/** Imports the backend's package, so that it registers itself with the engine. */
export const importBackend: Partial<Record<BackendName, () => Promise<unknown>>> = {
  cpu: () => import('@tensorflow/tfjs-backend-cpu'),
  wasm: async () => {
    // Threads bring nothing here, and a shared heap would keep our own SIMD module from importing it.
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    await import('@tensorflow/tfjs-backend-wasm');
  },
  tensorflow: loadTensorFlow,
};
