/**
 * Texts in tokens on a disk, so that each is tokenised once. A file is named by what it was made of, and nothing of it is taken on
 * trust: what is damaged, or is not what its name says, is made anew.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { FamError } from '@famjs/backends';
import { sealValues, type Tokenizer } from '@famjs/zoo';
import { writeAtomic } from '@famjs/zoo/node';
import type { Document } from './document.ts';
import type { Example } from './examples.ts';
import { packedDocuments } from './packed-documents.ts';
import { kind, type OpenTokenFileOptions, openTokenFile, type TokenFile, version } from './token-file.ts';
import { inMemory } from './token-source.ts';

/** Text whose tokens tell one way of tokenising from another: digits, spaces, contractions, other scripts. */
const probe = "It's 90817,  I'VE said:\n\n\tÜber-große Wörter — 世界 नमस्ते 🌊 a_b(c) = 3.14e-5;\r\nEnd. ";

/**
 * The documents of examples in a file that stays open, from the folder where it is there, else made and put there.
 *
 * @param make what makes them
 * @throws StorageError when the folder cannot be written
 */
export async function cachedDocuments(
  folder: string,
  examples: readonly Example[],
  tokenizer: Tokenizer,
  end: number,
  { make, signal }: { make: () => Promise<Document[]>; signal?: AbortSignal | undefined },
): Promise<TokenFile> {
  const key = keyOf(examples, tokenizer, end);
  const name = `${key}.tokens.safetensors`;
  const file = path.join(folder, name);
  const options = { key, vocabulary: Math.max(tokenizer.size, end + 1), signal };
  const kept = await keptFile(file, options);
  if (kept?.documents === examples.length) return kept;
  await kept?.close();
  await writeAtomic(folder, { [name]: await contentOf(await make(), key) });
  return openTokenFile(file, options);
}

async function contentOf(documents: readonly Document[], key: string): Promise<Uint8Array> {
  const source = inMemory(documents);
  const hashes = Int32Array.from(documents.flatMap((_, index) => source.hashesOf(index)));
  const arrays = { ...packedDocuments(documents), hashes };
  const named = Object.entries(arrays).map(([name, values]) => [name, { shape: [values.length], values }]);
  return sealValues(kind, { version, key }, Object.fromEntries(named));
}

/** SHA-256 of the texts, of the tokenizer's files, and of how it cuts what it may come across. */
function keyOf(examples: readonly Example[], { files, encode }: Tokenizer, end: number): string {
  const hash = createHash('sha256');
  const add = (part: unknown) => hash.update(`${JSON.stringify(part) ?? 'none'}\n`);
  add(files.tokenizer);
  add(files.config);
  add([end, tokensOrRefusal(() => encode(probe, { specialTokens: false }))]);
  for (const example of examples) add(example);
  return hash.digest('hex');
}

/** Some tokenizers have no tokens for what they do not know. */
function tokensOrRefusal(encode: () => number[]): number[] | string {
  try {
    return encode();
  } catch (error) {
    return (error as Error).message;
  }
}

/** Undefined where there is none, or none that can be relied upon. */
async function keptFile(file: string, options: OpenTokenFileOptions): Promise<TokenFile | undefined> {
  try {
    return await openTokenFile(file, options);
  } catch (error) {
    if (error instanceof FamError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
