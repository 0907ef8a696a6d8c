/** The loss of a model on the beginning of a file, as a whole and by position. */
import { require, TokenError } from '@famjs/backends';
import { continuedTokens, type LanguageModel } from '@famjs/zoo';
import type { ModelOptionValues } from './model-options.ts';
import { openModel } from './open-model.ts';
import { readingView } from './reading-view.ts';
import { textOf } from './text-file.ts';

export interface FileScore {
  /** N, those that open a text included. */
  tokens: number;
  /** Mean of −ln p over N − 1 tokens. */
  loss: number;
  perplexity: number;
  /** The mean loss of the tokens at positions from … to − 1: up to 256, then twice as far each time. */
  positions?: { from: number; to: number; loss: number }[];
}

/** @throws TokenError when the file has fewer than two tokens */
export async function scoreFile(
  place: string,
  options: ModelOptionValues & { file: string; maxTokens?: number; byPosition?: boolean },
  signal: AbortSignal,
): Promise<FileScore> {
  const { model } = await openModel(place, options, signal);
  const tokens = await firstTokens(
    model,
    textOf(options.file),
    options.maxTokens ?? Number.POSITIVE_INFINITY,
  );
  require(tokens.length > 1, TokenError, () => ({
    wrong: `${options.file} has ${tokens.length === 1 ? 'one token' : 'no tokens'}.`,
    expected: 'at least two: the first is given, the others are foreseen.',
    remedy: 'choose a longer text.',
  }));
  const view = readingView();
  const { logProbabilities } = await model
    .session()
    .score(tokens, { signal, onProgress: view.show })
    .finally(view.end);
  const meanLoss = (from: number, to: number) => {
    let sum = 0;
    for (const value of logProbabilities.subarray(from, to)) sum -= value;
    return sum / (to - from);
  };
  const loss = meanLoss(1, tokens.length);
  const score: FileScore = { tokens: tokens.length, loss, perplexity: Math.exp(loss) };
  if (options.byPosition) {
    score.positions = [];
    for (let from = 1, to = 256; from < tokens.length; from = to, to *= 2) {
      const end = Math.min(to, tokens.length);
      score.positions.push({ from, to: end, loss: meanLoss(from, end) });
    }
  }
  return score;
}

/** The tokens of the beginning of a text, those that open a text included. */
export async function firstTokens(
  { tokenizer }: LanguageModel,
  text: string | AsyncIterable<string>,
  most: number,
): Promise<number[]> {
  const tokens: number[] = [];
  for await (const run of continuedTokens(tokenizer, text, true)) {
    for (const token of run) if (tokens.push(token) === most) return tokens;
  }
  return tokens;
}
