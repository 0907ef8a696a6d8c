/**
 * Texts in tokens on a disk, so that each is tokenised once. A file is named by what it was made of, and nothing of it is taken on
 * trust: what is damaged, or is not what its name says, is made anew.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { FamError } from '@famjs/backends';
import { openSealed, sealValues, type Tokenizer } from '@famjs/zoo';
import { readBytesIfAny, writeAtomic } from '@famjs/zoo/node';
import * as z from 'zod';
import type { Document } from './document.ts';
import type { Example } from './examples.ts';
import {
  areDocuments,
  type PackedDocuments,
  packedDocuments,
  unpackedDocuments,
} from './packed-documents.ts';

const kind = 'tokens';
const notesSchema = z.strictObject({ version: z.literal(1), key: z.string() });

/** Text whose tokens tell one way of tokenising from another: digits, spaces, contractions, other scripts. */
const probe = "It's 90817,  I'VE said:\n\n\tÜber-große Wörter — 世界 नमस्ते 🌊 a_b(c) = 3.14e-5;\r\nEnd. ";

/**
 * The documents of examples, from the folder where they are there, else made and put there.
 *
 * @param make what makes them
 * @throws StorageError when the folder cannot be written
 */
export async function cachedDocuments(
  folder: string,
  examples: readonly Example[],
  tokenizer: Tokenizer,
  end: number,
  make: () => Promise<Document[]>,
): Promise<Document[]> {
  const key = keyOf(examples, tokenizer, end);
  const name = `${key}.tokens.safetensors`;
  const kept = await keptDocuments(path.join(folder, name), key, tokenizer, end);
  if (kept?.length === examples.length) return kept;
  const documents = await make();
  const { tokens, lengths, weighted, weights } = packedDocuments(documents);
  const values = Object.fromEntries(
    Object.entries({ tokens, lengths, weighted, weights }).map(([name, values]) => [
      name,
      { shape: [values.length], values },
    ]),
  );
  await writeAtomic(folder, { [name]: await sealValues(kind, { version: 1, key }, values) });
  return documents;
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

/** Undefined where there are none, or none that can be relied upon. */
async function keptDocuments(
  file: string,
  key: string,
  tokenizer: Tokenizer,
  end: number,
): Promise<Document[] | undefined> {
  try {
    const bytes = await readBytesIfAny(file);
    if (!bytes) return undefined;
    const { notes, values } = await openSealed(bytes, kind, file);
    if (notesSchema.parse(notes).key !== key) return undefined;
    const packed = arraysIn(values);
    return packed && areDocuments(packed, Math.max(tokenizer.size, end + 1))
      ? unpackedDocuments(packed)
      : undefined;
  } catch (error) {
    if (error instanceof FamError || error instanceof z.ZodError || error instanceof SyntaxError)
      return undefined;
    throw error;
  }
}

function arraysIn(values: Awaited<ReturnType<typeof openSealed>>['values']): PackedDocuments | undefined {
  const of = (name: string) => values[name]?.values;
  const [tokens, lengths, weighted, weights] = ['tokens', 'lengths', 'weighted', 'weights'].map(of);
  const areWhole = [tokens, lengths, weighted].every((numbers) => numbers instanceof Int32Array);
  if (!areWhole || !(weights instanceof Float32Array)) return undefined;
  return { tokens, lengths, weighted, weights } as PackedDocuments;
}
