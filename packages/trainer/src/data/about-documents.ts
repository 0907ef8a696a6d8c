/** By what a checkpoint knows the documents of its run. */
import { hashOf } from '@famjs/zoo';
import type { TokenSource } from './token-source.ts';

/** What tells these documents from others, in plain JSON. */
export function aboutDocuments(source: TokenSource): object {
  let tokens = 0;
  for (let i = 0; i < source.documents; i++) tokens += source.lengthOf(i);
  return { documents: source.documents, tokens, hash: hashOf(hashesOf(source)) };
}

function* hashesOf(source: TokenSource): Generator<string> {
  for (let i = 0; i < source.documents; i++) yield `${i > 0 ? ';' : ''}${source.hashesOf(i).join()}`;
}
