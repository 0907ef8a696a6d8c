/** How often a property is tried: the one setting of how long the suites take. */
import type { BackendName } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { reports } from './reports.ts';

/** An emulated GPU compiles a shader for every new shape, which takes it a hundred times as long as the product. */
const shareWhereEmulated = 0.1;

/** @returns `many` for `numRuns`, or a tenth where a program plays the GPU */
export function runs(many: number, backend = tf.getBackend() as BackendName): number {
  const emulated = reports.find(({ name }) => name === backend)?.description?.emulated;
  return emulated ? Math.max(2, Math.round(many * shareWhereEmulated)) : many;
}
