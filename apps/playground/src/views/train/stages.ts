/** The stages of a training in a page: binding a key, and holding it for longer if that was chosen. */
import type { Length, TrainChoices } from './events.ts';

/** Tokens of the shortest texts: the head, the question, and what may stand between them. */
const SHORTEST = 128;

/** From the first value to the last. */
type Ramp = readonly [number, number];

export interface TrainStage {
  steps: number;
  blocks: readonly [number, number];
  blocksPerBatch: number;
  rows: readonly [number, number];
  rate: Ramp;
  noise: Ramp;
  mix: Ramp;
  hold: Ramp;
}

/** The tokens of a batch of 64 blocks of 64 are those of the shipped model's recipe; larger blocks are fewer, and longer texts have twice as many. */
export function stagesOf({
  blockSize,
  batch,
  noise,
  mix,
  hold,
  length,
}: Pick<TrainChoices, 'blockSize' | 'batch' | 'noise' | 'mix' | 'hold' | 'length'>): TrainStage[] {
  const shortest = Math.max(2, Math.ceil(SHORTEST / blockSize));
  const of = (tokens: number) => Math.max(16, tokens / blockSize);
  const rows = [8, 32] as const;
  const bind: TrainStage = {
    ...{ steps: 600, blocks: [shortest, shortest], blocksPerBatch: of(batch), rows },
    ...{ rate: [3e-3, 3e-3], noise: [noise, noise], mix: [0, 0], hold: [0, 0] },
  };
  const longer: TrainStage = {
    ...{ steps: 400, blocks: [shortest, 6 * shortest], blocksPerBatch: of(2 * batch), rows },
    ...{ rate: [3e-3, 1e-4], noise: [noise, noise], mix: [0, mix], hold: [0, hold] },
  };
  return length === 'bind' ? [bind] : [bind, longer];
}

export const stepsOf = (length: Length): number =>
  stagesOf({ blockSize: 64, batch: 4096, noise: 0, mix: 0, hold: 0, length }).reduce(
    (sum, { steps }) => sum + steps,
    0,
  );
