/** Several tasks in one run: each step is of one of them, drawn by their weights. */
import { ConfigError, require } from '@famjs/backends';
import { stream } from '@famjs/zoo';
import type { Task } from './batch.ts';

export interface Share {
  task: Task;
  /** How often its steps come, beside those of the others; above 0. */
  weight: number;
}

/**
 * @throws ConfigError for weights that are none, and at the first batch of lanes, whose memory goes on from step to step
 */
export function mixture(shares: readonly Share[]): Task {
  const ends = shares.map((_, i) => shares.slice(0, i + 1).reduce((sum, { weight }) => sum + weight, 0));
  const total = ends.at(-1) ?? 0;
  require(shares.length > 0 &&
    shares.every(({ weight }) => weight > 0) &&
    Number.isFinite(total), ConfigError, () => ({
    wrong: `A mixture has the weights ${shares.map(({ weight }) => weight).join(', ') || 'of nothing'}.`,
    expected: 'a number above 0 for each of its tasks.',
    remedy: 'correct the weights, or leave a task out.',
  }));
  return {
    about: { name: 'mixture', tasks: shares.map(({ task, weight }) => ({ ...task.about, weight })) },
    async batch(step, seed) {
      const drawn = stream(seed, 'data', 'mixture', step).uniform() * total;
      const batch = await shares[ends.findIndex((end) => drawn < end)]!.task.batch(step, seed);
      require(!batch.continues, ConfigError, () => ({
        wrong: 'A task whose rows go on from step to step is part of a mixture.',
        expected: 'tasks whose rows begin anew in each step.',
        remedy: 'take its texts in random order, or train on it alone.',
      }));
      return batch;
    },
  };
}
