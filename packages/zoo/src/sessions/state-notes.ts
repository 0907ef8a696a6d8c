/** The working memory as a file has it: counts, and tensors whose names, shapes and types follow from them and the model. */
import { CheckpointError, require } from '@famjs/backends';
import { type FamState, isPlace, type StatePlace, stateShapes } from '@famjs/layer';
import * as z from 'zod';
import type { ModelConfig } from '../config.ts';
import { factsOf } from '../model.ts';

const count = z.int().min(0);

/** The counts beside a state's tensors. */
export const stateCountsSchema = z.strictObject({
  filled: count,
  own: count,
  rows: z.array(z.strictObject({ blocks: count, updates: count, origin: count })).min(1),
});

export const countsOf = ({ filled, own, rows }: FamState): StatePlace => ({ filled, own, rows });

/**
 * The shapes of the tensors of a state of these counts, by name.
 *
 * @throws CheckpointError when no state of the model has such counts
 */
export function shapesOfState(config: ModelConfig, counts: StatePlace): Record<string, number[]> {
  const stack = factsOf(config);
  require(isPlace(stack, counts), CheckpointError, () => ({
    wrong: `The state says that it stands at ${JSON.stringify(counts)}.`,
    expected: `fewer than ${config.fam.blockSize} tokens in the open block, and all visible blocks before it.`,
    remedy: 'save the state again; its file does not fit its model.',
  }));
  return stateShapes(stack, counts, config.width);
}
