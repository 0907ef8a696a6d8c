/** Text that arrives in pieces, to the tokens of the whole: what a piece's end may change waits for the next piece. */
import { require, TokenError } from '@famjs/backends';
import type { Tokenizer } from './tokenizer.ts';

/** Characters that are encoded together, at least, while more are to come. */
const stretch = 8192;
/** And at most: a tokenizer may take a time that grows with the square of what it is given. */
const longest = 2 * stretch;
/** Characters at the end of what has come whose tokens may still change. */
const margin = 64;

/**
 * The tokens of a text, in runs. A cut is made only where the tokens before it stay the same with the text after it, and
 * the tokens after it the same without most of the text before it; else it waits for more text, but not for
 * ever: what knows no such place for 16,384 characters, such as one letter again and again, is cut in the middle.
 *
 * @param opens whether the text gets the tokens with which the tokenizer opens one; none are ever put at its end
 * @throws TokenError when a piece is no text, or has no tokens
 */
export async function* continuedTokens(
  tokenizer: Tokenizer,
  text: string | AsyncIterable<string>,
  opens: boolean,
): AsyncGenerator<number[]> {
  const encode = (part: string) => tokenizer.encode(part, { specialTokens: false });
  /** The text from a little before the last cut on, of whose tokens the first `given` were handed out. */
  let window = '';
  let given = 0;
  let begins = opens;
  const opening = (part: string) => (begins ? openingOf(tokenizer, part) : []);
  for await (const piece of piecesOf(text)) {
    require(typeof piece === 'string', TokenError, () => ({
      wrong: `A piece of the text is ${Object.prototype.toString.call(piece)}.`,
      expected: 'pieces of text.',
      remedy: 'decode bytes first, for instance with a TextDecoderStream.',
    }));
    window += piece;
    if (window.length < stretch) continue;
    const found =
      cut(tokenizer, window, given, encode) ?? (window.length < longest ? undefined : rough(window, encode));
    if (!found) continue;
    const { head, from, anchor } = found;
    yield [...opening(window.slice(0, margin)), ...head.slice(given)];
    begins = false;
    window = window.slice(from);
    given = anchor;
  }
  yield [...opening(window), ...encode(window).slice(given)];
}

interface Cut {
  /** Tokens before the cut. */
  head: number[];
  /** Where the text begins that is kept, and how many of its tokens stand before the cut. */
  from: number;
  anchor: number;
}

function cut(
  tokenizer: Tokenizer,
  window: string,
  given: number,
  encode: (part: string) => number[],
): Cut | undefined {
  const all = encode(window);
  for (const [at, anchors] of candidates(window, (limit) => lastEnd(tokenizer, all, limit))) {
    const head = encode(window.slice(0, at));
    if (head.length <= given || !startsWith(all, head)) continue;
    for (const from of anchors) {
      const anchor = encode(window.slice(from, at));
      const rest = [...anchor, ...all.slice(head.length)];
      const again = encode(window.slice(from));
      if (again.length === rest.length && startsWith(again, rest))
        return { head, from, anchor: anchor.length };
    }
  }
  return undefined;
}

/** Places where a cut may change nothing, and places before each of them from which on the tokens may be the same. */
function* candidates(
  window: string,
  tokenEnd: (limit: number) => number,
): Generator<[number, Iterable<number>], undefined> {
  const limit = window.length - margin;
  const [space, ...others] = borders(window, limit);
  const before = (at: number) => [margin, 8 * margin].map((distance) => firstBorder(window, at - distance));
  yield [space!, before(space!)];
  // Where a letter stands in a row, or digits are joined by threes, all depends on where the first of them stands.
  const end = tokenEnd(limit);
  const start = Math.max(1, tokenEnd(end - margin));
  yield [end, [start, start - 1, start + 1]];
  for (const at of others) yield [at, before(at)];
  return undefined;
}

/** Where the last token ends that ends before `limit`, as far as decoding says. */
function lastEnd(tokenizer: Tokenizer, tokens: readonly number[], limit: number): number {
  let [count, beyond, end] = [0, tokens.length + 1, 0];
  while (count + 1 < beyond) {
    const middle = (count + beyond) >> 1;
    const { length } = tokenizer.decode(tokens.slice(0, middle));
    if (length <= limit) [count, end] = [middle, length];
    else beyond = middle;
  }
  return end;
}

/** A cut that leaves the tokens on either side as they are without the other. */
function rough(window: string, encode: (part: string) => number[]): Cut {
  const from = firstBorder(window, window.length - margin);
  return { head: encode(window.slice(0, from)), from, anchor: 0 };
}

/** Places before `limit` where a cut may change nothing: before the last white space there, and a few at `limit` itself. */
function* borders(window: string, limit: number): Generator<number, undefined> {
  const space = /\S(?=\s+\S*$)/u.exec(window.slice(Math.max(0, limit - stretch / 2), limit));
  if (space) yield Math.max(0, limit - stretch / 2) + space.index + 1;
  for (let at = limit; at > Math.max(0, limit - 8); at--) {
    const splitsPair = /[\uD800-\uDBFF]/.test(window[at - 1]!) && /[\uDC00-\uDFFF]/.test(window[at] ?? '');
    if (!splitsPair) yield at;
  }
  return undefined;
}

const firstBorder = (window: string, limit: number) => borders(window, limit).next().value ?? 0;

/** The special tokens before a text; `part` is its beginning. */
function openingOf(tokenizer: Tokenizer, part: string): number[] {
  const plain = tokenizer.encode(part, { specialTokens: false });
  const full = tokenizer.encode(part);
  for (let at = 0; at <= full.length - plain.length; at++) {
    if (startsWith(full.slice(at), plain)) return full.slice(0, at);
  }
  return [];
}

const startsWith = (all: readonly number[], head: readonly number[]) =>
  head.every((token, i) => all[i] === token);

/** The text in pieces short enough that other work gets its turn between them. */
async function* piecesOf(text: string | AsyncIterable<string>): AsyncGenerator<string> {
  for await (const piece of typeof text === 'string' ? [text] : text) {
    if (typeof piece !== 'string') yield piece;
    else for (let at = 0; at < piece.length; at += stretch) yield piece.slice(at, at + stretch);
  }
}
