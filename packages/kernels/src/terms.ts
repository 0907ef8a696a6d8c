/** What the registration of an attention kernel says of the calls that it takes. */
import * as tf from '@tensorflow/tfjs-core';
import type { AttentionAttributes, AttentionTensors, Sizes } from './problem.ts';

/** No window, no sinks, values as wide as keys: the composition runs other calls. */
export const plainCalls = {
  takes: ({ k, v, sinksK }: AttentionTensors, { window }: AttentionAttributes) =>
    window === undefined && !sinksK && k.shape[4] === v.shape[4],
};

/** How many blocks, of all rows of the batch together, a kernel takes in one call. */
export interface Room {
  mostBlocks(sizes: Sizes): number;
}

/** How many blocks the current backend takes in one call. */
export function blocksAtOnce(kernelName: string, sizes: Sizes): number {
  const kernel: (tf.KernelConfig & Partial<Room>) | undefined = tf.getKernel(kernelName, tf.getBackend());
  return kernel?.mostBlocks?.(sizes) ?? Number.POSITIVE_INFINITY;
}
