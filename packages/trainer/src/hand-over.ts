/** What a step of training hands to the next: random state passing and stateful lanes (spec.md, "Training technique"). */
import { ConfigError, require, tidied } from '@famjs/backends';
import {
  continuedState,
  disposeState,
  type FamState,
  keepState,
  passedState,
  receivedState,
  type Stack,
  selectRows,
  startState,
} from '@famjs/layer';
import { type ModelConfig, stackOver, stream } from '@famjs/zoo';
import type { Batch } from './batch.ts';
import type { Part } from './parts.ts';
import type { TrainingSettings } from './settings.ts';
import type { TrainingState } from './training-state.ts';

/**
 * What the rows of a step go on from, made by the weights in `stack` and differentiable in them.
 *
 * @throws ConfigError when stateful lanes change their shape, or are cut within a block
 */
export function startOf(
  { fam }: ModelConfig,
  { batch: { rows, length, continues }, first, whole }: Omit<Part, 'targets'>,
  settings: TrainingSettings,
  { seed, step, handed }: TrainingState,
  origins: readonly number[],
): (stack: Stack) => FamState {
  if (continues) {
    const before = handed?.rows.length ?? whole.rows;
    require(length % fam.blockSize === 0 &&
      continues.length === rows &&
      before === whole.rows, ConfigError, () => ({
      wrong: `Stateful lanes got ${whole.rows} rows of ${length} tokens after ${before} rows, with ${continues.length} marks.`,
      expected: `as many rows as in the step before, of whole blocks of ${fam.blockSize} tokens, each with a mark.`,
      remedy: 'keep the shape of the batches from step to step.',
    }));
    if (handed) {
      const own = Array.from({ length: rows }, (_, row) => first + row);
      const of = () => (rows < whole.rows ? selectRows(fam, handed, own) : handed);
      return (stack) => continuedState(stack, of(), continues, origins);
    }
  } else if (handed && stream(seed, 'state passing', step).uniform() < settings.randomStatePassing) {
    return (stack) => receivedState(stack, handed, origins);
  }
  return (stack) => startState(stack, origins);
}

/** What is kept of the state after a step for the next one, if anything is; takes the state over. */
export function handedOn(
  config: ModelConfig,
  { continues }: Batch,
  { randomStatePassing }: TrainingSettings,
  state: FamState,
): FamState | undefined {
  if (continues) return keepState(state);
  const passed = randomStatePassing > 0 ? tidied(() => passedState(config.fam, state)) : undefined;
  disposeState(state);
  return passed;
}

/** Absolute positions of the rows' first tokens: 0, or random ones (B.2.2). The rows stand behind `before` others of their batch. */
export function originsOf(
  config: ModelConfig,
  { rows }: Batch,
  { randomPositionOffset }: TrainingSettings,
  { seed, step }: TrainingState,
  before: number,
): number[] {
  if (!randomPositionOffset) return Array(rows).fill(0);
  const frequencies = stackOver(config, {}).blocks.flatMap(({ attention }) => attention.frequencies);
  const longest = Math.floor((2 * Math.PI) / Math.min(...frequencies.filter((frequency) => frequency > 0)));
  return Array.from({ length: rows }, (_, row) => {
    const random = stream(seed, 'position offset', step, before + row);
    return random.below(2) === 0 ? 0 : random.below(longest + 1);
  });
}
