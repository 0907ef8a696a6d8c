/**
 * Numbers in a file that stays open, of which a piece is in memory at a time: all of them are read once when they are opened, to know that they
 * are sound, and each piece that is read later is the one that was there then.
 */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { CheckpointError } from '@famjs/backends';

/** A file that stays open, and what errors call it. */
export interface HeldFile {
  handle: FileHandle;
  name: string;
}

export interface Column<Numbers> {
  count: number;
  /** SHA-256 of its bytes, in hexadecimal. */
  digest: string;
  /** Whether all numbers are such as may be there. */
  isSound: boolean;
  /**
   * The numbers from `from` on, before `to`; all unless given.
   *
   * @throws CheckpointError when the file has changed since it was opened
   */
  read(from?: number, to?: number): Promise<Numbers>;
}

/** Numbers of a piece. */
const PIECE = 1 << 14;

/**
 * @param place the numbers' bytes in the file, from `from` on, before `to`
 * @param type of the numbers, little-endian
 * @param mayBe whether a number is one that may be there
 * @throws CheckpointError when the file cannot be read
 * @throws the signal's reason
 */
export async function openColumn<Numbers extends Int32Array | Float32Array>(
  file: HeldFile,
  place: { from: number; to: number },
  type: new (length: number) => Numbers,
  mayBe: (value: number) => boolean,
  signal?: AbortSignal,
): Promise<Column<Numbers>> {
  const count = (place.to - place.from) / 4;
  const checksums = new Uint32Array(Math.ceil(count / PIECE));
  const hash = createHash('sha256');
  let isSound = true;
  for (let index = 0; index < checksums.length; index++) {
    signal?.throwIfAborted();
    const { numbers, bytes } = await piece(index);
    hash.update(bytes);
    checksums[index] = crc32(bytes);
    isSound &&= numbers.every(mayBe);
  }

  async function piece(index: number): Promise<{ numbers: Numbers; bytes: Uint8Array }> {
    const first = index * PIECE;
    const numbers = new type(Math.min(PIECE, count - first));
    const bytes = new Uint8Array(numbers.buffer);
    await readFrom(file, place.from + 4 * first, bytes);
    return { numbers, bytes };
  }

  return {
    ...{ count, isSound, digest: hash.digest('hex') },
    async read(from = 0, to = count) {
      const all = new type(to - from);
      for (let index = Math.floor(from / PIECE); index * PIECE < to; index++) {
        const { numbers, bytes } = await piece(index);
        if (crc32(bytes) !== checksums[index]) throw changed(file, 'other bytes stand there now');
        const first = index * PIECE;
        all.set(numbers.subarray(Math.max(0, from - first), to - first), Math.max(0, first - from));
      }
      return all;
    },
  };
}

/** Fills `bytes` from byte `at` of the file on. @throws CheckpointError when they are not to be had */
export async function readFrom(file: HeldFile, at: number, bytes: Uint8Array): Promise<Uint8Array> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.handle
      .read(bytes, done, bytes.length - done, at + done)
      .catch((cause) => {
        throw changed(file, cause.message, cause);
      });
    if (bytesRead === 0) throw changed(file, `it ends at byte ${at + done}`);
    done += bytesRead;
  }
  return bytes;
}

const changed = ({ name }: HeldFile, why: string, cause?: unknown): CheckpointError =>
  new CheckpointError(
    {
      wrong: `The tokens in ${name} are no longer what they were when it was opened (${why}).`,
      expected: 'a file that nothing writes to while it is read.',
      remedy: 'remove it and start again: it is made anew, and a run goes on from its newest checkpoint.',
    },
    { cause },
  );
