/** What holding a model in fewer bits costs: one text read in every dtype that it can be held in. */
import { require, TokenError } from '@famjs/backends';
import { describeModel, type LanguageModel, type WeightDtype } from '@famjs/zoo';
import { additionsOf, famOptionsOf, type ModelOptionValues } from '../model-options.ts';
import { openModel } from '../open-model.ts';
import { modelPlace } from '../passkey/model-folder.ts';
import { readingView } from '../reading-view.ts';
import { firstTokens } from '../score.ts';
import { textOf } from '../text-file.ts';
import { page } from './page.ts';

/** A dtype beside float32. */
interface DtypeCheck {
  /** `as stored` is the blocks that the files have. */
  dtype: WeightDtype | 'as stored';
  /** e to the mean of −ln p over the tokens of the text but the first. */
  perplexity: number;
  /** Root mean square of the difference of the logits, as a share of that of float32's logits. */
  error: number;
  /** The share of places at which the likeliest token is float32's. */
  agreement: number;
}

export interface Check {
  /** What was read. */
  text: string;
  tokens: number;
  /** After so many stretches of the text logits were compared. */
  places: number;
  /** float32 first. */
  dtypes: DtypeCheck[];
}

/** Tokens between places. */
const stride = 16;

interface Reading {
  tokens: number;
  loss: number;
  logits: Float32Array[];
}

/**
 * Loads a model once in each dtype, one after the other, and reads the same text.
 *
 * @param options.file in place of the page that comes with famjs
 * @throws TokenError when the text has fewer than two tokens, and what `loadModel` throws
 */
export async function checkDtypes(
  place: string,
  options: Omit<ModelOptionValues, 'dtype'> & { file?: string; maxTokens: number },
  signal: AbortSignal,
): Promise<Check> {
  const { file, maxTokens } = options;
  const { dtypes } = await describeModel(modelPlace(place), {
    ...famOptionsOf(options),
    ...additionsOf(options),
  });
  const checks: DtypeCheck[] = [];
  let exact: Reading | undefined;
  for (const dtype of dtypes) {
    const { model } = await openModel(place, { ...options, ...(dtype && { dtype }) }, signal);
    using _ = model;
    const text = file === undefined ? page : textOf(file);
    const tokens = await firstTokens(model, text, maxTokens);
    require(tokens.length > 1, TokenError, () => ({
      wrong: `${file} has ${tokens.length === 1 ? 'one token' : 'no tokens'}.`,
      expected: 'at least two: the first is given, the others are foreseen.',
      remedy: 'choose a longer text.',
    }));
    const reading = await read(model, tokens, signal);
    exact ??= reading;
    checks.push({ dtype: dtype ?? 'as stored', ...compared(reading, exact) });
  }
  const { tokens, logits } = exact!;
  return { text: file ?? 'a page of Emma', tokens, places: logits.length, dtypes: checks };
}

async function read(model: LanguageModel, tokens: readonly number[], signal: AbortSignal): Promise<Reading> {
  using session = model.session();
  const view = readingView();
  const logits: Float32Array[] = [];
  let sum = 0;
  try {
    for (let from = 0; from < tokens.length; from += stride) {
      const { logProbabilities } = await session.score(tokens.slice(from, from + stride), { signal });
      for (const value of logProbabilities.subarray(from === 0 ? 1 : 0)) sum -= value;
      logits.push((await session.logits())![0]!);
      view.show({ tokens: Math.min(from + stride, tokens.length), total: tokens.length });
    }
  } finally {
    view.end();
  }
  return { tokens: tokens.length, loss: sum / (tokens.length - 1), logits };
}

function compared({ loss, logits }: Reading, exact: Reading): Omit<DtypeCheck, 'dtype'> {
  let [apart, whole, agreed] = [0, 0, 0];
  logits.forEach((row, place) => {
    const wanted = exact.logits[place]!;
    row.forEach((value, token) => {
      apart += (value - wanted[token]!) ** 2;
      whole += wanted[token]! ** 2;
    });
    if (likeliest(row) === likeliest(wanted)) agreed++;
  });
  return { perplexity: Math.exp(loss), error: Math.sqrt(apart / whole), agreement: agreed / logits.length };
}

const likeliest = (logits: Float32Array) =>
  logits.reduce((best, value, token) => (value > logits[best]! ? token : best), 0);
