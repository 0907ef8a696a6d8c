/** The peer of everything above the kernels: the same work as a composition of TF.js ops on the same backend. */
import * as tf from '@tensorflow/tfjs-core';
import type { Contender } from './contest.ts';

/** Two contenders for the same work: with the kernels of FAM.js, and without. */
export function withAndWithoutKernels(
  kernels: Contender['run'],
  composition: Contender['run'] = kernels,
): { ours: Contender; peer: Contender } {
  return {
    ours: { name: 'kernels', run: kernels },
    peer: { name: 'composition', run: () => withoutKernels(composition) },
  };
}

async function withoutKernels<Result>(run: () => Result | Promise<Result>): Promise<Result> {
  const backend = tf.getBackend();
  const ours = tf.getKernelsForBackend(backend).filter(({ kernelName }) => kernelName.startsWith('famjs/'));
  for (const { kernelName } of ours) tf.unregisterKernel(kernelName, backend);
  try {
    return await run();
  } finally {
    for (const kernel of ours) tf.registerKernel(kernel);
  }
}
