/** Folders that are written while they are read: nothing was there before, a tensor is in memory at a time, and digests are taken on the way. */
import { readdir } from 'node:fs/promises';
import { ConfigError, require } from '@famjs/backends';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { FileDtype } from '../dtype.ts';
import type { StoredTensor } from '../formats/checkpoint.ts';
import { safetensorsHeader } from '../formats/safetensors.ts';
import { mapValues } from '../formats/values.ts';
import { writtenAs, writtenBytes } from '../formats/written.ts';

/** @throws ConfigError when there is something in the folder */
export async function requireVacant(folder: string): Promise<void> {
  const there = await readdir(folder).catch(() => []);
  require(there.length === 0, ConfigError, () => ({
    wrong: `There is something in ${folder}: ${there.slice(0, 3).join(', ')}.`,
    expected: 'a folder that is empty, or not there yet.',
    remedy: 'choose another one, or remove it.',
  }));
}

/** The content of a file, part by part. */
export type Parts = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** The contents, which put the digest of each into `digests` when it has been read to its end. */
export function withDigests(
  contents: Readonly<Record<string, Parts>>,
  digests: Record<string, string>,
): Record<string, AsyncGenerator<Uint8Array>> {
  return mapValues(contents, async function* (parts, file) {
    const hash = sha256.create();
    for await (const part of parts) {
      hash.update(part);
      yield part;
    }
    digests[file] = bytesToHex(hash.digest());
  });
}

/**
 * A file of tensors of which the numbers come one tensor after the other.
 *
 * @throws NonFiniteError when one is too large for the dtype
 */
export async function* safetensorsParts(
  tensors: readonly StoredTensor[],
  numbers: (tensor: StoredTensor) => Promise<Float32Array>,
  dtype: FileDtype = 'f32',
): AsyncGenerator<Uint8Array> {
  const entries = tensors.map(({ name, shape }) => ({ name, dtype: writtenAs[dtype], shape }));
  yield safetensorsHeader(entries, { format: 'pt' });
  for (const tensor of tensors) yield writtenBytes(tensor.name, await numbers(tensor), dtype);
}
