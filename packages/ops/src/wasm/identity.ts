/** TF.js' `Identity` without a copy: on wasm its own makes one for every tensor that a gradient saves. */
import type * as tf from '@tensorflow/tfjs-core';
import type { Host } from './module.ts';

export function identity(host: Host, { x }: { x: tf.TensorInfo }): tf.TensorInfo {
  return host.share(x);
}
