/** Where a bundle has the wasm backend's files: bundlers copy them and write their addresses here. */

const [plain, simd, threaded] = [
  new URL('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm', import.meta.url),
  new URL('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm', import.meta.url),
  new URL('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm', import.meta.url),
];

export const wasmFiles = {
  'tfjs-backend-wasm.wasm': plain.href,
  'tfjs-backend-wasm-simd.wasm': simd.href,
  'tfjs-backend-wasm-threaded-simd.wasm': threaded.href,
};
