/** How often a property is tried, and on how many shapes: the one setting of how long the suites take. */
import type { BackendName } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { reports } from './reports.ts';

/** An emulated GPU compiles a shader for every new shape, which takes it a hundred times as long as the product. */
const shareWhereEmulated = 0.1;

/** Whether a program plays the GPU of a backend, the one that computes unless given. */
export const isEmulated = (backend = tf.getBackend() as BackendName): boolean =>
  reports.find(({ name }) => name === backend)?.description?.emulated === true;

/** @returns `many` for `numRuns`, or a tenth where a program plays the GPU, though two of several */
export function runs(many: number, backend?: BackendName): number {
  return isEmulated(backend) ? Math.min(many, Math.max(2, Math.round(many * shareWhereEmulated))) : many;
}
