/** WebAssembly on one thread of the processor. */
import * as tf from '@tensorflow/tfjs-core';
import { wasmFiles } from '../wasm-files.ts';
import { type Starter, tensorFlowJs } from './starter.ts';

export const wasm: Starter = {
  async load({ wasmFolder }) {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
    if (!tf.engine().registry.wasm) {
      const files = wasmFolder ?? wasmFiles();
      if (files) setWasmPaths(files, !wasmFolder);
    }
    // Threads bring nothing here, and a shared heap would keep our own SIMD module from importing it.
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  },
  describe: () => ({
    version: tensorFlowJs,
    device: `processor, one thread${tf.env().getBool('WASM_HAS_SIMD_SUPPORT') ? ' with SIMD' : ''}`,
    precision: 'float32',
    emulated: false,
    limits: { heapBytes: 2 ** 32 },
  }),
};
