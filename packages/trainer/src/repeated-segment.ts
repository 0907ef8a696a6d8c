/** The paper's repeated random segment (section 3.2): the end of a row asks for a part of it word for word, far back as it may lie. */
import { ConfigError, require } from '@famjs/backends';
import { stream } from '@famjs/zoo';
import { type Task, targetList } from './batch.ts';

export interface RepeatedSegment {
  /** Tokens of `[repeat random segment]:`. */
  prefix: readonly number[];
  /** How many tokens are repeated; 256 as in the paper unless given. */
  count?: number;
  /** Of each of them in the loss; 0.1 as in the paper unless given. */
  weight?: number;
}

/**
 * The same task with the end of every row replaced by the prefix and tokens drawn from before it.
 *
 * @throws ConfigError at the first batch whose rows are too short
 */
export function withRepeatedSegment(
  task: Task,
  { prefix, count = 256, weight = 0.1 }: RepeatedSegment,
): Task {
  const tail = prefix.length + count;
  return {
    about: { ...task.about, repeated: { prefix, count, weight } },
    async batch(step, seed) {
      const { score: _, ...batch } = await task.batch(step, seed);
      const { rows, length } = batch;
      const kept = length - tail;
      require(kept >= count, ConfigError, () => ({
        wrong: `Rows of ${length} tokens are to end with ${tail} that repeat a part of them.`,
        expected: `rows of at least ${tail + count} tokens.`,
        remedy: 'choose longer rows or a shorter segment.',
      }));
      const tokens = batch.tokens.slice();
      const { add, targets } = targetList();
      batch.targets.places.forEach((place, i) => {
        if (place % length < kept - 1) add(place, batch.targets.labels[i]!, batch.targets.weights[i]!);
      });
      for (let row = 0; row < rows; row++) {
        const from = row * length + stream(seed, 'data', 'repeated', step, row).below(kept - count + 1);
        const to = row * length + kept;
        tokens.set(prefix, to);
        for (let i = 0; i < count; i++) {
          const place = to + prefix.length + i;
          tokens[place] = tokens[from + i]!;
          add(place - 1, tokens[place]!, weight);
        }
      }
      return { ...batch, tokens, targets: targets() };
    },
  };
}
