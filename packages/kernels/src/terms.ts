/** Which calls of attention a backend's kernels take; the composition runs the others. */
import type { BackendName } from '@famjs/backends';
import type { KernelTerms } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { AttentionAttributes } from './problem.ts';

/** Has the composition run what the attention kernels of a backend, which are registered already, are not made for. */
export function take(backend: BackendName, terms: KernelTerms): void {
  const kernel = tf.getKernel('famjs/BlockAttention', backend);
  if (kernel) Object.assign(kernel, terms);
}

/** No window, no sinks, values as wide as keys. */
export const plainCalls: KernelTerms = {
  takes: ({ k, v, sinksK }, attributes) =>
    (attributes as AttentionAttributes).window === undefined && !sinksK && k!.shape[4] === v!.shape[4],
};
