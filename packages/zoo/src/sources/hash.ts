/** Hashes of files that are read in parts: SHA-256, or what git calls a file: the SHA-1 of a line about it and its bytes. */
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

export interface Hash {
  kind: 'sha256' | 'git';
  /** In hexadecimal. */
  hex: string;
}

export interface Hashing {
  update(bytes: Uint8Array): void;
  /** In hexadecimal. */
  digest(): string;
}

/** What git hashes before the bytes of a file of this size. */
export const gitHead = (size: number): string => `blob ${size}\0`;

/** @param size of the file, in bytes */
export function hashing(kind: Hash['kind'], size: number): Hashing {
  const hash = kind === 'git' ? sha1.create() : sha256.create();
  if (kind === 'git') hash.update(new TextEncoder().encode(gitHead(size)));
  return { update: (bytes) => void hash.update(bytes), digest: () => bytesToHex(hash.digest()) };
}
