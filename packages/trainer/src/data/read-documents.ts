/** From where data lies to documents in tokens: in memory, or in files that are read as a run goes on. */
import type { Tokenizer } from '@famjs/zoo';
import type { Document } from './document.ts';
import { examplePieces, type ReadExamplesOptions } from './read-examples.ts';
import { cachedDocuments } from './token-cache.ts';
import type { TokenFile } from './token-file.ts';
import { joined, type TokenSource } from './token-source.ts';
import { type TokeniseOptions, tokenised } from './tokenise.ts';

export interface ReadDocumentsOptions extends ReadExamplesOptions, TokeniseOptions {}

/**
 * One document an example of a place.
 *
 * @param end the token that ends what is said
 * @throws CheckpointError, StorageError as `readExamples`
 * @throws TokenError, ChatTemplateError as `documentOf`
 */
export async function readDocuments(
  place: string,
  tokenizer: Tokenizer,
  end: number,
  { workers, ...options }: ReadDocumentsOptions = {},
): Promise<Document[]> {
  const documents: Document[] = [];
  for await (const examples of examplePieces(place, options)) {
    const made = await tokenised(examples, tokenizer, end, { workers, signal: options.signal });
    for (const document of made) documents.push(document);
  }
  return documents;
}

export interface OpenDocumentsOptions extends ReadDocumentsOptions {
  /** A folder in which documents are kept in tokens, by hashes of their texts and of the tokenizer. */
  cache: string;
}

/** Documents in files that stay open. */
export interface OpenDocuments extends TokenSource {
  /** Closes the files; nothing is read from then on. */
  close(): Promise<void>;
}

/**
 * The same documents, whose tokens stay on the disk, in files of the cache that are made if need be. In memory is where each
 * document begins.
 *
 * @throws CheckpointError, StorageError, TokenError, ChatTemplateError as `readDocuments`
 * @throws StorageError when the cache cannot be written
 */
export async function openDocuments(
  place: string,
  tokenizer: Tokenizer,
  end: number,
  { cache, workers, ...options }: OpenDocumentsOptions,
): Promise<OpenDocuments> {
  const { signal } = options;
  const files: TokenFile[] = [];
  const close = async () => {
    await Promise.all(files.map((file) => file.close()));
  };
  try {
    for await (const examples of examplePieces(place, options)) {
      const make = () => tokenised(examples, tokenizer, end, { workers, signal });
      files.push(await cachedDocuments(cache, examples, tokenizer, end, { make, signal }));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { ...joined(files), close };
}
