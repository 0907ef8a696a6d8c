/** Sealed files that are read in parts: what lies where in one, and whether what was read is all that was written. */
import { CheckpointError, require } from '@famjs/backends';
import type { SourceFile } from '../sources/source.ts';
import { type PlacedTensor, safetensorsHead } from './safetensors.ts';
import { digestOfParts } from './sealed.ts';

export interface SealedHead {
  /** Plain JSON, to be relied upon when the file is whole. */
  notes: unknown;
  tensors: readonly PlacedTensor[];
  /** Whether the file is as it was written, by the SHA-256 of each tensor's bytes, in hexadecimal. */
  isWhole(digests: Readonly<Record<string, string>>): Promise<boolean>;
}

/**
 * The head of a file of `sealValues`; nothing else of it is read.
 *
 * @throws CheckpointError when it is none, or one of another kind
 */
export async function sealedHead(file: SourceFile, kind: string, source: string): Promise<SealedHead> {
  const { placed, metadata } = await safetensorsHead(file, source);
  const { [kind]: text, digest } = metadata;
  require(text !== undefined, CheckpointError, () => ({
    wrong: `${source} is no ${kind} file.`,
    expected: `a ${kind} file as it was saved.`,
    remedy: 'name the right file, or save it again.',
  }));
  return {
    notes: JSON.parse(text!),
    tensors: placed,
    async isWhole(digests) {
      const parts = placed.map(({ name, dtype, shape }) => ({
        ...{ name, dtype, shape },
        digest: digests[name] ?? '',
      }));
      return digest === (await digestOfParts(text!, parts));
    },
  };
}
