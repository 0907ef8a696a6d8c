/** Documents in tokens, wherever they lie: tasks read the parts that a step needs, from memory here, from a disk in Node. */
import type { Document } from './document.ts';
import { hashOfNumbers } from './hash-of-numbers.ts';

/** Some tokens of a document. */
export interface TokenPart {
  tokens: Int32Array;
  /** How much the prediction of each counts; 1 for all unless given. */
  weights?: Float32Array | undefined;
}

export interface TokenSource {
  /** How many documents there are. */
  readonly documents: number;
  /** Tokens of a document. */
  lengthOf(document: number): number;
  /** Hashes that tell a document from others: of its tokens, and of their weights, 0 where it has none. */
  hashesOf(document: number): readonly [tokens: number, weights: number];
  /**
   * The tokens of a document from `from` on, before `to`; 0 ≤ from ≤ to ≤ its length.
   *
   * @throws CheckpointError when they are no longer what they were
   */
  read(document: number, from: number, to: number): TokenPart | Promise<TokenPart>;
}

/** Documents in memory. */
export function inMemory(documents: readonly Document[]): TokenSource {
  const part = (numbers: ArrayLike<number>, from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => numbers[from + i]!);
  return {
    documents: documents.length,
    lengthOf: (document) => documents[document]!.tokens.length,
    hashesOf(document) {
      const { tokens, weights } = documents[document]!;
      return [hashOfNumbers(tokens), weights ? hashOfNumbers(weights) : 0];
    },
    read(document, from, to) {
      const { tokens, weights } = documents[document]!;
      return {
        tokens: Int32Array.from(part(tokens, from, to)),
        weights: weights && Float32Array.from(part(weights, from, to)),
      };
    },
  };
}

/** The source of documents, however they are given. */
export const sourceOf = (documents: readonly Document[] | TokenSource): TokenSource =>
  isSource(documents) ? documents : inMemory(documents);

export const isSource = (given: ArrayLike<unknown> | TokenSource): given is TokenSource => 'read' in given;

/** The documents of several sources, one after another. */
export function joined(sources: readonly TokenSource[]): TokenSource {
  const ends = endsOf(sources.length, (index) => sources[index]!.documents);
  const at = (document: number) => {
    const index = placeIn(ends, document);
    return { source: sources[index]!, own: document - (ends[index - 1] ?? 0) };
  };
  return {
    documents: ends.at(-1) ?? 0,
    lengthOf(document) {
      const { source, own } = at(document);
      return source.lengthOf(own);
    },
    hashesOf(document) {
      const { source, own } = at(document);
      return source.hashesOf(own);
    },
    read(document, from, to) {
      const { source, own } = at(document);
      return source.read(own, from, to);
    },
  };
}

/** Where each of `count` ends, when they stand one after another. */
export function endsOf(count: number, lengthOf: (index: number) => number): Float64Array {
  const ends = new Float64Array(count);
  for (let index = 0; index < count; index++) ends[index] = (ends[index - 1] ?? 0) + lengthOf(index);
  return ends;
}

/** In which of those that end at `ends` a place lies. */
export function placeIn(ends: ArrayLike<number>, place: number): number {
  let [low, high] = [0, ends.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle]! <= place) low = middle + 1;
    else high = middle;
  }
  return low;
}
