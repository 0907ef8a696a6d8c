/** A file whose SHA-256 is taken while it is read in parts. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { SourceFile } from './source.ts';

export interface DigestedFile extends SourceFile {
  /** SHA-256 in hexadecimal, for which what was not read yet is read. */
  digest(): Promise<string>;
}

/** Bytes that are read only for the digest, at a time. */
const stride = 1 << 22;

export function digested(file: SourceFile): DigestedFile {
  const hash = sha256.create();
  let hashed = 0;

  async function hashUpTo(to: number): Promise<void> {
    while (hashed < to) {
      const end = Math.min(to, hashed + stride);
      hash.update(await file.read(hashed, end));
      hashed = end;
    }
  }

  return {
    size: file.size,
    async read(from, to) {
      await hashUpTo(from);
      const bytes = await file.read(from, to);
      if (to > hashed) {
        hash.update(bytes.subarray(hashed - from));
        hashed = to;
      }
      return bytes;
    },
    async digest() {
      await hashUpTo(file.size);
      return bytesToHex(hash.digest());
    },
  };
}
