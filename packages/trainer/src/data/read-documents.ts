/** From where data lies to documents in tokens, which are kept for the next time where that is wanted. */
import type { Tokenizer } from '@famjs/zoo';
import type { Document } from './document.ts';
import { examplePieces, type ReadExamplesOptions } from './read-examples.ts';
import { cachedDocuments } from './token-cache.ts';
import { type TokeniseOptions, tokenised } from './tokenise.ts';

export interface ReadDocumentsOptions extends ReadExamplesOptions, TokeniseOptions {
  /** A folder in which documents are kept in tokens, by hashes of their texts and of the tokenizer; nowhere unless given. */
  cache?: string | undefined;
}

/**
 * One document an example of a place.
 *
 * @param end the token that ends what is said
 * @throws CheckpointError, StorageError as `readExamples`
 * @throws TokenError, ChatTemplateError as `documentOf`
 * @throws StorageError when the cache cannot be written
 */
export async function readDocuments(
  place: string,
  tokenizer: Tokenizer,
  end: number,
  { cache, workers, ...options }: ReadDocumentsOptions = {},
): Promise<Document[]> {
  const documents: Document[] = [];
  for await (const examples of examplePieces(place, options)) {
    const make = () => tokenised(examples, tokenizer, end, { workers, signal: options.signal });
    const made = cache === undefined ? make() : cachedDocuments(cache, examples, tokenizer, end, make);
    for (const document of await made) documents.push(document);
  }
  return documents;
}
