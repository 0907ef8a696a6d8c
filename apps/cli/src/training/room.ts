/** Whether a run fits where it is to be trained. */
import os from 'node:os';
import { ConfigError, describeBackend, require } from '@famjs/backends';
import { estimatePeak, largestBatch, type Run, type TrainingState } from '@famjs/trainer';
import { megabytes } from '../format.ts';

/**
 * The most bytes of tensors at once that the run will take, by a step that is rehearsed.
 *
 * @param state before the first step; unchanged
 * @throws ConfigError when they are more than the backend's heap, or the machine, holds
 */
export async function roomFor(run: Run, state: TrainingState): Promise<number> {
  const { name, limits } = describeBackend();
  const machine = Math.min(os.totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  const room = Math.min(limits.heapBytes ?? Number.POSITIVE_INFINITY, machine);
  const peak = await estimatePeak(run, state, await largestBatch(run, state.seed), room);
  require(peak <= room, ConfigError, () => ({
    wrong: `A step of this run takes about ${megabytes(peak)} of tensors at once, and ${name} has room for ${megabytes(room)} here.`,
    expected: 'a step that fits.',
    remedy: `set segmentBlocks or rowsAtOnce to less, or recomputeLayers to true, which changes nothing but time, or take fewer rows${limits.heapBytes === undefined ? '' : ', or a backend without a heap of its own'}.`,
  }));
  return peak;
}
