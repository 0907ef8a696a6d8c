/** The wasm backend's files as modules of the bundle: no bundler, server or worker has to know an address for them. */
import * as tf from '@tensorflow/tfjs-core';

const scheme = 'famjs:';

const files: Record<string, () => Promise<{ zipped: string }>> = {
  'tfjs-backend-wasm.wasm': () => import('./wasm-files/tfjs-backend-wasm.wasm.ts'),
  'tfjs-backend-wasm-simd.wasm': () => import('./wasm-files/tfjs-backend-wasm-simd.wasm.ts'),
};

/** Paths for `setWasmPaths`, behind which TensorFlow.js finds the modules when it fetches them by its platform. */
export function wasmFiles(): Record<string, string> {
  const { platform } = tf.env();
  const { fetch } = platform;
  platform.fetch = async (path, init) => {
    const load = path.startsWith(scheme) && files[path.slice(scheme.length)];
    return load ? unzipped(await load()) : fetch.call(platform, path, init);
  };
  const names = [...Object.keys(files), 'tfjs-backend-wasm-threaded-simd.wasm'];
  return Object.fromEntries(names.map((name) => [name, scheme + name]));
}

function unzipped({ zipped }: { zipped: string }): Response {
  const bytes = Uint8Array.from(atob(zipped), (character) => character.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')));
}
