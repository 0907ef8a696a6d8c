/** What a session is given to read, text or tokens, as streams of tokens, one for each of its rows. */
import { require, ShapeError, TokenError } from '@famjs/backends';
import { requireTokens } from '../model.ts';
import type { NamedModel } from '../named-model.ts';
import { continuedTokens } from '../tokenizers/continued.ts';

/** One row's text or tokens; text may come in pieces, which may break anywhere. */
export type RowInput = string | ArrayLike<number> | AsyncIterable<string>;

/** For a session of one row its text or tokens; for several rows a list with those of each. */
export type ReadInput = RowInput | readonly RowInput[];

export interface TokenStream {
  /** Waits until `wanted` tokens are ready, or all that are left; returns how many are, at most `wanted`. */
  fill(wanted: number): Promise<number>;
  /** The next tokens, which `fill` has found ready. */
  take(count: number): ArrayLike<number>;
  /** Ends it before its end: nothing more will be taken. */
  close(): void;
  /** Tokens in all, where that is known from the start. */
  total: number | undefined;
}

/**
 * The streams of a session's rows. Everything that is there already is checked before the first is read.
 *
 * @param opens whether the text opens the session: then it gets the tokens with which the tokenizer opens a text
 * @throws ShapeError when there is not one input for each row, or text and tokens are mixed
 * @throws TokenError for what is neither text nor tokens of this model
 */
export function tokenStreams(
  input: ReadInput,
  rows: number,
  model: NamedModel,
  opens: boolean,
): TokenStream[] {
  const inputs = inputsOf(input, rows);
  const texts = inputs.filter(isText).length;
  require(texts === 0 || texts === rows, ShapeError, () => ({
    wrong: `read() got text for ${texts} of ${rows} rows and tokens for the others.`,
    expected: 'either text or tokens.',
    remedy: 'encode the text with model.tokenizer and pass tokens for every row.',
  }));
  for (const row of inputs) if (!isText(row)) requireIntegers(row, model);
  return inputs.map((row) => (isText(row) ? textStream(row, model, opens) : listStream(row)));
}

/** A stream whose tokens are told to somebody as they are taken. */
export function noting(stream: TokenStream, onTokens: (tokens: Iterable<number>) => void): TokenStream {
  return {
    ...stream,
    take(count) {
      const taken = stream.take(count);
      onTokens(Array.from(taken));
      return taken;
    },
  };
}

function inputsOf(input: ReadInput, rows: number): readonly RowInput[] {
  const single = isText(input) || !Array.isArray(input) || input.some(isNumeric);
  if (single) {
    require(rows === 1, ShapeError, () => ({
      wrong: `read() got ${isText(input) ? 'one text' : 'the tokens of one text'}, for a session of ${rows} rows.`,
      expected: `a list of ${rows}, one for each row.`,
      remedy: 'pass [first, second, …], or open a session of one row.',
    }));
    return [input as RowInput];
  }
  require(input.length === rows, ShapeError, () => ({
    wrong: `read() got ${input.length} rows, for a session of ${rows}.`,
    expected: rows === 1 ? 'a text, or its tokens.' : `a list of ${rows}, one for each row.`,
    remedy: 'pass one text for each row, or open a session of other rows.',
  }));
  return input as readonly RowInput[];
}

const isNumeric = (value: unknown) => typeof value === 'number' || typeof value === 'bigint';

function isText(input: unknown): input is string | AsyncIterable<string> {
  if (typeof input === 'string') return true;
  return typeof input === 'object' && input !== null && Symbol.asyncIterator in input;
}

function requireIntegers(row: ArrayLike<number>, { config }: NamedModel): void {
  const is = (type: unknown) => Object.prototype.toString.call(row) === `[object ${type}]`;
  const listed = Array.isArray(row) || (ArrayBuffer.isView(row) && !is('DataView'));
  require(listed && !is('BigInt64Array') && !is('BigUint64Array'), TokenError, () => ({
    wrong: `read() got ${listed || is('ArrayBuffer') ? `a ${Object.prototype.toString.call(row).slice(8, -1)}` : `${row}`}.`,
    expected: 'text, or tokens: an array or an Int32Array of whole numbers.',
    remedy: listed
      ? 'convert it: Int32Array.from(tokens, Number).'
      : is('ArrayBuffer')
        ? 'say what its bytes are: new Int32Array(buffer) for tokens, a TextDecoder for text.'
        : 'await what is a promise, and pass the text or its tokens.',
  }));
  requireTokens(row, config);
}

function listStream(tokens: ArrayLike<number>): TokenStream {
  let at = 0;
  return {
    total: tokens.length,
    fill: async (wanted) => Math.min(wanted, tokens.length - at),
    take(count) {
      const from = at;
      at += count;
      return Array.prototype.slice.call(tokens, from, at);
    },
    close() {},
  };
}

function textStream(
  text: string | AsyncIterable<string>,
  { tokenizer, name }: NamedModel,
  opens: boolean,
): TokenStream {
  require(tokenizer, TokenError, () => ({
    wrong: `read() got text, and the model ${name} has no tokenizer.`,
    expected: 'tokens.',
    remedy: 'pass tokens, or a model with its tokenizer.',
  }));
  const arriving = continuedTokens(tokenizer, text, opens);
  let ready: number[] = [];
  let ended = false;
  return {
    total: undefined,
    async fill(wanted) {
      while (!ended && ready.length < wanted) {
        const { done, value } = await arriving.next();
        if (done) ended = true;
        else ready = ready.concat(value);
      }
      return Math.min(wanted, ready.length);
    },
    take(count) {
      const taken = ready.slice(0, count);
      ready = ready.slice(count);
      return taken;
    },
    close() {
      void arriving.return(undefined).catch(() => undefined);
    },
  };
}
