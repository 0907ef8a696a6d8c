/** A document in tokens, as readers of data make them and tasks take them. */
import { hashOf } from '@famjs/zoo';
import { hashOfNumbers } from './hash-of-numbers.ts';

export interface Document {
  tokens: ArrayLike<number>;
  /** How much the prediction of each token counts, at least 0; 1 for all unless given. */
  weights?: ArrayLike<number> | undefined;
}

/** What tells these documents from others, in plain JSON. */
export function aboutDocuments(documents: readonly Document[]): object {
  const parts = documents.map(({ tokens, weights }) => [
    hashOfNumbers(tokens),
    weights ? hashOfNumbers(weights) : 0,
  ]);
  return {
    documents: documents.length,
    tokens: documents.reduce((sum, { tokens }) => sum + tokens.length, 0),
    hash: hashOf(parts.join(';')),
  };
}

/**
 * Documents one after the other without barriers (spec.md, "Packing").
 *
 * @param end the token between two; what predicts it counts as what predicts the last token before it
 */
export function packed(
  documents: readonly Document[],
  end: number,
): { tokens: Int32Array; weights: Float32Array } {
  const length = documents.reduce((sum, { tokens }) => sum + tokens.length + 1, 0);
  const [all, weights] = [new Int32Array(length), new Float32Array(length)];
  let at = 0;
  for (const document of documents) {
    const { tokens } = document;
    const counts = document.weights ?? new Float32Array(tokens.length).fill(1);
    all.set(tokens, at);
    weights.set(counts, at);
    at += tokens.length;
    all[at] = end;
    weights[at] = counts[counts.length - 1] ?? 0;
    at++;
  }
  return { tokens: all, weights };
}
