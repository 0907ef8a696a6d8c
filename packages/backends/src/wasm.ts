/** Runs a WebAssembly module of ours inside the memory of the wasm backend, so that its kernels work on tensors in place. */
import * as tf from '@tensorflow/tfjs-core';

/** What we use of `@tensorflow/tfjs-backend-wasm`'s backend object. */
interface WasmBackend {
  wasm: { asm?: { memory: WebAssembly.Memory }; HEAPU8: Uint8Array; _malloc(bytes: number): number; _free(address: number): void };
  dataIdMap: { get(id: tf.DataId): { memoryOffset: number } };
  makeOutput(shape: number[], dtype: tf.DataType, address?: number): tf.TensorInfo;
}
