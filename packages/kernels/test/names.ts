/** Names of the ops of the packages, by what they export and what their kernels register. */
import * as ops from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import * as kernels from '../src/index.ts';

export const exported: readonly unknown[] = Object.values({ ...ops, ...kernels });

/** All ops that the packages export, and all that a backend has kernels of. */
export function namesOn(backend: string): string[] {
  const ofOps = exported.flatMap((value) =>
    typeof value === 'function' && 'kernelName' in value ? [String(value.kernelName)] : [],
  );
  const registered = tf.getKernelsForBackend(backend).map(({ kernelName }) => kernelName);
  const ours = [...ofOps, ...registered].filter((name) => name.startsWith('famjs/'));
  return [...new Set(ours.map((name) => name.replace(/Grad$/, '')))].sort();
}
