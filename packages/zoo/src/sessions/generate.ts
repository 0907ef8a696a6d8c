/** Generating: token after token, each read before it is yielded, so that a session stands where its reader has come. */
import { computesAside, require, ShapeError, TokenError } from '@famjs/backends';
import { stream } from '../random.ts';
import { incrementalDecoder } from '../tokenizers/incremental.ts';
import type { Tokenizer } from '../tokenizers/tokenizer.ts';
import { outlook } from './ahead.ts';
import type { GenerateOptions, TokenOptions } from './options.ts';
import { type Place, rowsOf, tokensRead } from './place.ts';
import type { Reader } from './reading.ts';
import { type Sampling, sample } from './samplers.ts';

/** The session in which text is written. */
export interface Writing {
  reader: Reader;
  /** Tokens at which text ends. */
  readonly endTokens: readonly number[];
  /** What this call has read before it writes: how many tokens, and which, for a repetition would repeat them. */
  readonly prompt: { count: number; tokens: ReadonlySet<number> };
  /** Aborted by the caller, or when the session is disposed of. */
  readonly signal: AbortSignal;
  /** Where the session stands, which is where its forks begin. */
  readonly place: Place;
  /** Puts the session to a place that it takes over, after a text, and frees the one where it stood. */
  moveTo(place: Place, text?: string): void;
  /** The place after one more token of every row; the session stays where it is. */
  after(place: Place, tokens: readonly (readonly number[])[]): Promise<Place>;
  /** Frees places that the session does not stand at. */
  free(places: readonly Place[]): void;
}

/** How a text came to its end, which `generate` and `chat` return after the last of it. */
export interface Written {
  /** An end token of the model, a stop string, or `maxTokens`. */
  ended: 'end' | 'stop' | 'length';
  /** Tokens that the call read before it wrote. */
  promptTokens: number;
  /** Tokens that it wrote, the end token not among them; those of a stop string and of an unfinished character are. */
  tokens: number;
}

/** The next tokens of every row, and the place after them, which is the caller's; none where one of them ends the text. */
interface Step {
  tokens: number[];
  place: Place | undefined;
}

/** Leads from one place to the next, up to the tokens in `ends`. */
function stepper(
  { reader, signal, place: start, prompt, after, free }: Writing,
  options: TokenOptions,
  ends: readonly number[],
): (place: Place) => Promise<Step> {
  const { seed = crypto.getRandomValues(new Uint32Array(1))[0]!, ...sampling } = options;
  const { temperature = defaultTemperature(options), repetitionPenalty = 1 } = options;
  const before = Array.from({ length: rowsOf(start) }, () => new Set(prompt.tokens));
  let ahead = computesAside() && temperature === 0 && repetitionPenalty === 1;

  return async (place) => {
    signal.throwIfAborted();
    const seen = await outlook(reader, place, ahead);
    require(seen, ShapeError, () => ({
      wrong: 'generate() was called before anything was read.',
      expected: 'a text of at least one token to go on from.',
      remedy: 'pass a prompt, or call read() first.',
    }));
    const { logits, guess } = seen;
    let next: Place | undefined;
    try {
      signal.throwIfAborted();
      const index = tokensRead(place, reader.model);
      const tokens = logits.map((row, b) => {
        const uniform = () => stream(seed, 'sampling', index, b).uniform();
        const token = sample(row, { ...sampling, temperature }, uniform, before[b]);
        before[b]!.add(token);
        return token;
      });
      // Who is wrong once, where numbers are coarse or the device takes another of two equals, would be wrong again.
      ahead &&= tokens.every((token, b) => token === guess?.tokens[b]?.[0]);
      if (tokens.every((token) => !ends.includes(token))) {
        const rows = tokens.map((token) => [token]);
        next = ahead ? guess?.place : await after(place, rows);
      }
      return { tokens, place: next };
    } finally {
      if (guess && guess.place !== next) free([guess.place]);
    }
  };
}

/** Who asks for choice, wants one. */
function defaultTemperature({ topK, topP, minP, seed }: Sampling & { seed?: number | undefined }): number {
  return [topK, topP, minP, seed].some((value) => value !== undefined) ? 1 : 0;
}

/** Yields the next token of every row. */
export async function* writeTokens(
  writing: Writing,
  options: TokenOptions,
): AsyncGenerator<number[], void, undefined> {
  const step = stepper(writing, options, []);
  for (let count = 0; count < options.maxTokens; count++) {
    const { tokens, place } = await step(writing.place);
    writing.moveTo(place!);
    yield tokens;
  }
}

/** A token that was read and whose text is not yielded yet. */
interface Pending {
  place: Place;
  text: string;
  /** Whether no character is unfinished after it. */
  whole: boolean;
}

/**
 * Yields text as it becomes certain: whole characters that cannot be the beginning of a stop string. The session moves on
 * with the text that is yielded, to the token. An end token ends it, unread.
 */
export async function* writeText(
  writing: Writing,
  tokenizer: Tokenizer,
  options: GenerateOptions,
): AsyncGenerator<string, Written, undefined> {
  const step = stepper(writing, options, writing.endTokens);
  const stops = [options.stop ?? []].flat();
  const decoder = incrementalDecoder(tokenizer, writing.place.recent[0]!);
  let pending: Pending[] = [];

  /** Moves the session past the first `count` pending tokens and returns their text. */
  const release = (count: number): string => {
    const [done, left] = [pending.slice(0, count), pending.slice(count)];
    writing.free(done.slice(0, -1).map(({ place }) => place));
    pending = left;
    const text = textOf(done);
    if (done.length > 0) writing.moveTo(done.at(-1)!.place, text);
    return text;
  };

  let count = 0;
  const written = (ended: Written['ended']): Written => ({
    ended,
    promptTokens: writing.prompt.count,
    tokens: count,
  });

  try {
    let ended: Written['ended'] = 'length';
    while (count < options.maxTokens) {
      const from = pending.at(-1)?.place ?? writing.place;
      const { tokens, place } = await step(from);
      if (!place) {
        ended = 'end';
        break;
      }
      count++;
      pending.push({ place, ...decoder.push(tokens[0]!) });
      const text = textOf(pending);
      const end = endOf(text, stops);
      if (end !== undefined) {
        const before = release(wholeWithin(pending, end));
        const rest = await writeRest(writing, tokenizer, text.slice(before.length, end));
        if (before + rest) yield before + rest;
        return written('stop');
      }
      const released = release(wholeWithin(pending, text.length - heldBack(text, stops)));
      if (released) yield released;
    }
    const released = release(pending.findLastIndex(({ whole, text }) => whole && text) + 1);
    if (released) yield released;
    return written(ended);
  } finally {
    writing.free(pending.map(({ place }) => place));
  }
}

const textOf = (tokens: readonly Pending[]) => tokens.map(({ text }) => text).join('');

/** How many of the first tokens have text, end with a whole character, and lie within `length` characters. */
function wholeWithin(tokens: readonly Pending[], length: number): number {
  let [end, count] = [0, 0];
  for (const [i, { text, whole }] of tokens.entries()) {
    end += text.length;
    if (end > length) break;
    if (whole && text) count = i + 1;
  }
  return count;
}

/** Where the first stop string begins. */
function endOf(text: string, stops: readonly string[]): number | undefined {
  const found = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
  return found.length > 0 ? Math.min(...found) : undefined;
}

/** How many characters at the end may be the beginning of a stop string. */
function heldBack(text: string, stops: readonly string[]): number {
  const longest = Math.min(text.length, Math.max(0, ...stops.map((stop) => stop.length - 1)));
  for (let length = longest; length > 0; length--) {
    if (stops.some((stop) => stop.startsWith(text.slice(-length)))) return length;
  }
  return 0;
}

/**
 * A stop string that begins in the middle of a token leaves its first characters, which are read as tokens of their own.
 *
 * @returns these characters, or nothing where no tokens say them
 */
async function writeRest(writing: Writing, tokenizer: Tokenizer, rest: string): Promise<string> {
  if (!rest) return '';
  const tokens = tokenizer.encode(rest, { specialTokens: false });
  const decoder = incrementalDecoder(tokenizer, writing.place.recent[0]!);
  if (tokens.map((token) => decoder.push(token).text).join('') !== rest) return '';
  writing.moveTo(await writing.after(writing.place, [tokens]), rest);
  return rest;
}

/** @throws TokenError when there is none to decode with */
export function requireTokenizer(
  tokenizer: Tokenizer | undefined,
  call: string,
  instead: string,
): asserts tokenizer is Tokenizer {
  require(tokenizer, TokenError, () => ({
    wrong: `${call} was called on a model without a tokenizer.`,
    expected: 'a model with its tokenizer, for text.',
    remedy: `call ${instead}, or load the model with its tokenizer.json.`,
  }));
}
