/** One's own text as a source of training batches: every token is to be predicted from those before it. */
import { ConfigError, require } from '@famjs/backends';
import { stream } from '@famjs/zoo';
import type { Batch, Task } from './batch.ts';
import { inMemory, isSource, type TokenSource } from './data/token-source.ts';

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
  /** How much the prediction of each of the given tokens counts; 1 for all unless given. */
  weights?: ArrayLike<number> | undefined;
}

/**
 * Batches of a text in tokens.
 *
 * @param text at least two tokens, or the source of one document (`packed`), of which each step reads its pieces
 * @throws ConfigError when the text is too short for the rows and the length
 */
export function textTask(text: ArrayLike<number> | TokenSource, options: TextOptions = {}): Task {
  const source = isSource(text) ? text : inMemory([{ tokens: text, weights: options.weights }]);
  const all = source.documents === 1 ? source.lengthOf(0) : 0;
  const { rows = 8, length = Math.min(512, all - 1), order = 'random' } = options;
  const least = order === 'lanes' ? rows * length + 1 : length + 1;
  require([rows, length].every((count) => Number.isSafeInteger(count) && count > 0) &&
    all >= least, ConfigError, () => ({
    wrong: `${rows} rows of ${length} tokens were asked of a text of ${all}.`,
    expected: `whole numbers above 0, and at least ${least} tokens.`,
    remedy: 'choose fewer rows or shorter pieces, or train on more text.',
  }));
  /** Steps in which each lane comes to the end of its part. */
  const round = Math.floor((all - 1) / rows / length);

  function beginsAt(step: number, seed: number): number[] {
    if (order === 'lanes') {
      return Array.from({ length: rows }, (_, row) => (row * round + (step % round)) * length);
    }
    const random = stream(seed, 'data', step);
    return Array.from({ length: rows }, () => random.below(all - length));
  }

  const [hash, weights] = source.hashesOf(0);
  return {
    about: { ...{ name: 'text', tokens: all, hash, rows, length, order }, ...(weights !== 0 && { weights }) },
    async batch(step, seed) {
      const begins = beginsAt(step, seed);
      const pieces = await Promise.all(begins.map((begin) => source.read(0, begin, begin + length + 1)));
      const tokens = new Int32Array(rows * length);
      const labels = new Int32Array(rows * length);
      const weights = new Float32Array(rows * length).fill(1);
      for (const [row, piece] of pieces.entries()) {
        tokens.set(piece.tokens.subarray(0, length), row * length);
        labels.set(piece.tokens.subarray(1), row * length);
        if (piece.weights) weights.set(piece.weights.subarray(1), row * length);
      }
      const places = Int32Array.from({ length: rows * length }, (_, place) => place);
      const batch: Batch = { rows, length, tokens, targets: { places, labels, weights } };
      if (order === 'lanes') batch.continues = Array<boolean>(rows).fill(step % round > 0);
      return batch;
    },
  };
}
