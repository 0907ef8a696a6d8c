/**
 * A file of documents in tokens that stays open. In memory is where each document begins, and what tells it from others; its tokens are read as
 * they are asked for, from this very file, whatever becomes of its name.
 */
import { open } from 'node:fs/promises';
import { CheckpointError } from '@famjs/backends';
import { sealedHead } from '@famjs/zoo/node';
import * as z from 'zod';
import { type Column, type HeldFile, openColumn, readFrom } from './column.ts';
import { endsOf, type TokenSource } from './token-source.ts';

/** What such a file is: a kind of sealed file. */
export const kind = 'tokens';
export const version = 2;
const notesSchema = z.strictObject({ version: z.literal(version), key: z.string() });

export interface TokenFile extends TokenSource {
  /** Gives the file free; nothing is read from then on. */
  close(): Promise<void>;
}

export interface OpenTokenFileOptions {
  /** What the file says that it was made of. */
  key: string;
  /** What every token is below. */
  vocabulary: number;
  signal?: AbortSignal | undefined;
}

/**
 * @throws CheckpointError when there is no such file, or it is damaged, or of something else
 * @throws the signal's reason
 */
export async function openTokenFile(name: string, options: OpenTokenFileOptions): Promise<TokenFile> {
  const handle = await open(name).catch((cause) => {
    throw unusable(name, cause.message, cause);
  });
  const close = () => handle.close();
  try {
    return { ...(await documentsIn({ handle, name }, options)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface NumberType<Numbers> {
  dtype: 'I32' | 'F32';
  type: new (length: number) => Numbers;
}
const int32: NumberType<Int32Array> = { dtype: 'I32', type: Int32Array };
const float32: NumberType<Float32Array> = { dtype: 'F32', type: Float32Array };

async function documentsIn(file: HeldFile, { key, vocabulary, signal }: OpenTokenFileOptions) {
  const { size } = await file.handle.stat();
  const read = (from: number, to: number) => readFrom(file, from, new Uint8Array(to - from));
  const head = await sealedHead({ size, read }, kind, file.name);
  const isOurs = notesSchema.safeParse(head.notes).data?.key === key;
  requireSound(isOurs, file, 'it was made of something else');
  const digests: Record<string, string> = {};
  async function column<Numbers extends Int32Array | Float32Array>(
    name: string,
    { dtype, type }: NumberType<Numbers>,
    mayBe: (value: number) => boolean,
  ) {
    const placed = head.tensors.find((tensor) => tensor.name === name && tensor.dtype === dtype);
    requireSound(placed, file, `it has no ${name}`);
    const column = await openColumn(file, placed, type, mayBe, signal);
    requireSound(column.isSound, file, `its ${name} are none`);
    digests[name] = column.digest;
    return column;
  }
  const lengths = await column('lengths', int32, (length) => length >= 0);
  const weighted = await column('weighted', int32, (flag) => flag === 0 || flag === 1);
  const hashes = await column('hashes', int32, () => true);
  const tokens = await column('tokens', int32, (token) => token >= 0 && token < vocabulary);
  const weights = await column('weights', float32, (weight) => weight >= 0 && Number.isFinite(weight));
  requireSound(await head.isWhole(digests), file, 'it is not what was written there');

  const documents = lengths.count;
  const isWhole = weighted.count === documents && hashes.count === 2 * documents;
  requireSound(isWhole, file, 'its lists of documents differ');
  const [counts, known] = [await lengths.read(), await hashes.read()];
  const flags = Uint8Array.from(await weighted.read());
  const ends = endsOf(documents, (document) => counts[document]!);
  const weightEnds = weights.count > 0 ? endsOf(documents, (i) => counts[i]! * flags[i]!) : undefined;
  const [last, lastWeight] = [ends.at(-1) ?? 0, weightEnds?.at(-1) ?? 0];
  requireSound(
    last === tokens.count && lastWeight === weights.count,
    file,
    'its documents have other lengths',
  );
  return {
    documents,
    lengthOf: (document: number) => counts[document]!,
    hashesOf: (document: number) => [known[2 * document]! >>> 0, known[2 * document + 1]! >>> 0] as const,
    async read(document: number, from: number, to: number) {
      const partOf = <Numbers>({ read }: Column<Numbers>, end: number) => {
        const begin = end - counts[document]!;
        return read(begin + from, begin + to);
      };
      return {
        tokens: await partOf(tokens, ends[document]!),
        weights: weightEnds && flags[document] ? await partOf(weights, weightEnds[document]!) : undefined,
      };
    },
  };
}

function requireSound(condition: unknown, { name }: HeldFile, why: string): asserts condition {
  if (!condition) throw unusable(name, why);
}

const unusable = (name: string, why: string, cause?: unknown): CheckpointError =>
  new CheckpointError(
    {
      wrong: `${name} holds no tokens that can be relied upon (${why}).`,
      expected: 'a file of documents in tokens, as they were put there.',
      remedy: 'remove it, so that it is made anew.',
    },
    { cause },
  );
