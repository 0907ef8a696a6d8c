/** A batch a few rows at a time: gradients add up to those of all its rows at once. */
import { ConfigError, require } from '@famjs/backends';
import type { Batch } from './batch.ts';
import type { Strengths } from './disturbance.ts';

/** Some rows of a batch. */
export interface Part {
  /** These rows as a batch of their own; its `score` is still that of what the whole batch predicted. */
  batch: Batch;
  /** The number of its first row in the whole batch. */
  first: number;
  /** What the means of a loss are taken over: rows, and the sum of the targets' weights, of the whole batch. */
  whole: { rows: number; weight: number };
  /** The number in the whole batch of each of its targets. */
  targets: readonly number[];
}

/** A batch in parts of up to `rowsAtOnce` rows. */
export function partsOf(batch: Batch, rowsAtOnce = batch.rows): Part[] {
  const { rows, targets } = batch;
  const whole = { rows, weight: targets.weights.reduce((sum, weight) => sum + weight, 0) };
  return Array.from({ length: Math.ceil(rows / rowsAtOnce) }, (_, index) => {
    const first = index * rowsAtOnce;
    return { ...rowsOf(batch, first, Math.min(rows, first + rowsAtOnce)), first, whole };
  });
}

/** The rows of a batch from `first` on, before `end`. */
export function rowsOf(batch: Batch, first: number, end: number): Pick<Part, 'batch' | 'targets'> {
  const { length, tokens, targets, continues, ...same } = batch;
  const own = Array.from(targets.places.keys()).filter((i) => {
    const row = Math.floor(targets.places[i]! / length);
    return first <= row && row < end;
  });
  const part: Batch = {
    ...same,
    ...{ rows: end - first, length, tokens: tokens.subarray(first * length, end * length) },
    targets: {
      places: Int32Array.from(own, (i) => targets.places[i]! - first * length),
      labels: Int32Array.from(own, (i) => targets.labels[i]!),
      weights: Float32Array.from(own, (i) => targets.weights[i]!),
    },
    continues: continues?.slice(first, end),
  };
  return { batch: part, targets: own };
}

/** @throws ConfigError where rows meet each other, so that parts would not add up to the whole */
export function requireParts({ rows }: Batch, rowsAtOnce: number, { mix }: Strengths): void {
  require(rowsAtOnce >= rows || mix === 0, ConfigError, () => ({
    wrong: `${rowsAtOnce} rows at once were asked of a batch of ${rows} with mix ${mix}, which moves the FAM of a row towards that of another.`,
    expected: 'all rows of such a batch at once.',
    remedy: `set rowsAtOnce to ${rows}, or take fewer rows or a smaller segmentBlocks to save memory.`,
  }));
}
