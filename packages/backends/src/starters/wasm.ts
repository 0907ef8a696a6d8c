/** WebAssembly with SIMD on one thread of the processor. */
import * as tf from '@tensorflow/tfjs-core';
import type { Starter } from './starter.ts';

export const wasm: Starter = {
  async load() {
    await import('@tensorflow/tfjs-backend-wasm');
    // Threads bring nothing here, and a shared heap would keep our own SIMD module from importing it.
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  },
};
