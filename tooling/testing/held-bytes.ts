/** What stays in memory of this process outside of JavaScript's own heap. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes of array buffers that somebody holds; of the cpu backend, tensors are such. */
export function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  // Buffers are freed a moment after they were found dead, by the next collection at the latest.
  collect();
  collect();
  return process.memoryUsage().arrayBuffers;
}
