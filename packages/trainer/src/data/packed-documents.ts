/** Documents in a few arrays of numbers, as threads hand them over and disks keep them. */
import type { Document } from './document.ts';

export interface PackedDocuments {
  /** Of all documents, one after another. */
  tokens: Int32Array;
  /** Tokens of each document. */
  lengths: Int32Array;
  /** Whether the tokens of each document have weights, 1 or 0. */
  weighted: Int32Array;
  /** Of the documents that have them. */
  weights: Float32Array;
}

export function packedDocuments(documents: readonly Document[]): PackedDocuments {
  const lengths = Int32Array.from(documents, ({ tokens }) => tokens.length);
  const weighted = Int32Array.from(documents, ({ weights }) => (weights ? 1 : 0));
  const total = (of: (index: number) => number) => documents.reduce((sum, _, index) => sum + of(index), 0);
  const tokens = new Int32Array(total((index) => lengths[index]!));
  const weights = new Float32Array(total((index) => lengths[index]! * weighted[index]!));
  let [at, weighedAt] = [0, 0];
  for (const document of documents) {
    tokens.set(document.tokens, at);
    at += document.tokens.length;
    if (!document.weights) continue;
    weights.set(document.weights, weighedAt);
    weighedAt += document.weights.length;
  }
  return { tokens, lengths, weighted, weights };
}

/** The documents, which are views of the arrays. */
export function unpackedDocuments({ tokens, lengths, weighted, weights }: PackedDocuments): Document[] {
  let [at, weighedAt] = [0, 0];
  return Array.from(lengths, (length, index): Document => {
    const document: Document = { tokens: tokens.subarray(at, at + length) };
    at += length;
    if (weighted[index] === 0) return document;
    weighedAt += length;
    return { ...document, weights: weights.subarray(weighedAt - length, weighedAt) };
  });
}
