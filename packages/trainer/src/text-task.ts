/** One's own text as a source of training batches: every token is to be predicted from those before it. */
import { ConfigError, require } from '@famjs/backends';
import { stream } from '@famjs/zoo';
import type { Batch, Task } from './batch.ts';
import { hashOfNumbers } from './data/hash-of-numbers.ts';

export interface TextOptions {
  /** B: pieces of text side by side; 8 unless given. */
  rows?: number;
  /** S: tokens of a piece; 512 unless given, or the whole of a shorter text. */
  length?: number;
  /**
   * `random`: pieces from anywhere in the text. `lanes`: each row reads a part of its own from its beginning to its end, and its
   * memory goes on from step to step; `length` must then be whole blocks. `random` unless given.
   */
  order?: 'random' | 'lanes';
  /** How much the prediction of each token counts; 1 for all unless given. */
  weights?: ArrayLike<number> | undefined;
}

/**
 * Batches of a text in tokens.
 *
 * @param tokens at least two
 * @throws ConfigError when the text is too short for the rows and the length
 */
export function textTask(tokens: ArrayLike<number>, options: TextOptions = {}): Task {
  const { rows = 8, length = Math.min(512, tokens.length - 1), order = 'random', weights } = options;
  const text = Int32Array.from(tokens);
  const least = order === 'lanes' ? rows * length + 1 : length + 1;
  require([rows, length].every((count) => Number.isSafeInteger(count) && count > 0) &&
    text.length >= least, ConfigError, () => ({
    wrong: `${rows} rows of ${length} tokens were asked of a text of ${text.length}.`,
    expected: `whole numbers above 0, and at least ${least} tokens.`,
    remedy: 'choose fewer rows or shorter pieces, or train on more text.',
  }));
  /** Steps in which each lane comes to the end of its part. */
  const round = Math.floor((text.length - 1) / rows / length);

  function beginsAt(step: number, seed: number): number[] {
    if (order === 'lanes') {
      return Array.from({ length: rows }, (_, row) => (row * round + (step % round)) * length);
    }
    const random = stream(seed, 'data', step);
    return Array.from({ length: rows }, () => random.below(text.length - length));
  }

  return {
    about: {
      ...{ name: 'text', tokens: text.length, hash: hashOfNumbers(text), rows, length, order },
      ...(weights && { weights: hashOfNumbers(weights) }),
    },
    batch(step, seed) {
      const begins = beginsAt(step, seed);
      const cut = (shift: number) => {
        const all = new Int32Array(rows * length);
        begins.forEach((begin, row) => {
          all.set(text.subarray(begin + shift, begin + shift + length), row * length);
        });
        return all;
      };
      const batch: Batch = {
        ...{ rows, length, tokens: cut(0) },
        targets: {
          places: Int32Array.from({ length: rows * length }, (_, place) => place),
          labels: cut(1),
          weights: Float32Array.from({ length: rows * length }, (_, place) =>
            weights ? weights[begins[Math.floor(place / length)]! + (place % length) + 1]! : 1,
          ),
        },
      };
      if (order === 'lanes') batch.continues = Array<boolean>(rows).fill(step % round > 0);
      return batch;
    },
  };
}
