/** A file whose hash is taken while it is read in parts. */
import { type Hash, hashing } from './hash.ts';
import type { SourceFile } from './source.ts';

export interface DigestedFile extends SourceFile {
  /** In hexadecimal, for which what was not read yet is read. */
  digest(): Promise<string>;
}

/** Bytes that are read only for the digest, at a time. */
const stride = 1 << 22;

export function digested(file: SourceFile, kind: Hash['kind'] = 'sha256'): DigestedFile {
  const hash = hashing(kind, file.size);
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
      return hash.digest();
    },
  };
}
