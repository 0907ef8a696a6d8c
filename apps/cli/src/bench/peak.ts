/** How much memory work takes: the most bytes held at once, as the backend counts them on GPUs, as the engine does elsewhere. */
import * as tf from '@tensorflow/tfjs-core';

/** What we use of the objects that hand out textures (webgl) and buffers (webgpu). */
interface WebGLTextures {
  acquireTexture(...request: unknown[]): unknown;
  numBytesAllocated: number;
  numBytesFree: number;
}
interface WebGPUBuffers {
  acquireBuffer(...request: unknown[]): unknown;
  numBytesUsed: number;
}

/** @returns bytes beyond those held before the work, kernels' own scratch memory included on GPUs and nowhere else */
export async function peakBytes(work: () => Promise<void>): Promise<number> {
  const { textureManager, bufferManager } = tf.backend() as {
    textureManager?: WebGLTextures;
    bufferManager?: WebGPUBuffers;
  };
  if (bufferManager) return watched(bufferManager, 'acquireBuffer', (it) => it.numBytesUsed, work);
  if (tf.getBackend() === 'webgl' && textureManager) {
    const used = (it: WebGLTextures) => it.numBytesAllocated - it.numBytesFree;
    return watched(textureManager, 'acquireTexture', used, work);
  }
  const before = tf.memory().numBytes;
  const { peakBytes } = await tf.profile(async () => {
    await work();
    return [];
  });
  return peakBytes - before;
}

/** Looks at the number of bytes each time that some are handed out. */
async function watched<Manager extends object>(
  manager: Manager,
  method: keyof Manager & string,
  used: (manager: Manager) => number,
  work: () => Promise<void>,
): Promise<number> {
  const before = used(manager);
  let most = before;
  const handOut = manager[method] as (...request: unknown[]) => unknown;
  const watching = (...request: unknown[]) => {
    const handed = handOut.apply(manager, request);
    most = Math.max(most, used(manager));
    return handed;
  };
  Object.defineProperty(manager, method, { value: watching, configurable: true });
  try {
    await work();
  } finally {
    Reflect.deleteProperty(manager, method);
  }
  return most - before;
}
