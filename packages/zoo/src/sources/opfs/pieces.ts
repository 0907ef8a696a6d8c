/**
 * A file of a page's own file system, in pieces: a folder of `0`, `1`, … and an empty file `whole` once it is. A piece that is being
 * written appears when it is closed, so that what a closed page leaves behind can be gone on with.
 */
import { StorageError } from '@famjs/backends';
import type { PartialFile } from '../download.ts';
import { hashing } from '../hash.ts';

/** Bytes of a piece: at most so much is lost when a page goes away. */
const pieceSize = 1 << 25;
/** Bytes that are hashed at a time. */
const stride = 1 << 22;
const mark = 'whole';

/** The bytes of a folder of pieces, whether it is whole or not. */
async function bytesIn(folder: FileSystemDirectoryHandle): Promise<{ pieces: File[]; blob: Blob }> {
  const pieces: File[] = [];
  for (;;) {
    const handle = await ifThere(folder.getFileHandle(`${pieces.length}`));
    const piece = await handle?.getFile();
    if (!piece?.size) return { pieces, blob: new Blob(pieces) };
    pieces.push(piece);
  }
}

/** A whole file, or undefined. */
export async function wholeFile(folder: FileSystemDirectoryHandle): Promise<Blob | undefined> {
  const whole = await ifThere(folder.getFileHandle(mark));
  return whole && (await bytesIn(folder)).blob;
}

export const bytesOf = async (folder: FileSystemDirectoryHandle): Promise<number> =>
  (await bytesIn(folder)).blob.size;

/**
 * @param place what errors call it
 * @param released called when it is let go of
 */
export async function openPieces(
  folder: FileSystemDirectoryHandle,
  place: string,
  released: () => void,
): Promise<PartialFile> {
  const before = await bytesIn(folder);
  let { size } = before.blob;
  let count = before.pieces.length;
  let writer: FileSystemWritableFileStream | undefined;
  let written = 0;

  async function stored<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (cause) {
      throw cause instanceof DOMException ? unwritable(place, cause) : cause;
    }
  }

  async function closePiece(): Promise<void> {
    if (!writer) return;
    const closing = writer;
    writer = undefined;
    await closing.close();
    count++;
  }

  return {
    get size() {
      return size;
    },
    append: (bytes) =>
      stored(async () => {
        if (!writer) {
          const piece = await folder.getFileHandle(`${count}`, { create: true });
          writer = await piece.createWritable();
          written = 0;
        }
        await writer.write(bytes as BufferSource);
        size += bytes.length;
        written += bytes.length;
        if (written >= pieceSize) await closePiece();
      }),
    clear: () =>
      stored(async () => {
        await closePiece();
        while (count > 0) await folder.removeEntry(`${--count}`);
        size = 0;
      }),
    digest: (kind, signal) =>
      stored(async () => {
        await closePiece();
        const { blob } = await bytesIn(folder);
        const hash = hashing(kind, blob.size);
        for (let at = 0; at < blob.size; at += stride) {
          signal?.throwIfAborted();
          hash.update(new Uint8Array(await blob.slice(at, at + stride).arrayBuffer()));
        }
        return hash.digest();
      }),
    finish: () =>
      stored(async () => {
        await closePiece();
        await folder.getFileHandle(mark, { create: true });
      }),
    async release() {
      // What cannot be stored any more is lost, and comes again.
      await closePiece().catch(() => {});
      released();
    },
  };
}

/** What is found, or undefined when there is nothing. */
export async function ifThere<Handle>(looking: Promise<Handle>): Promise<Handle | undefined> {
  try {
    return await looking;
  } catch (error) {
    if ((error as Error).name === 'NotFoundError') return undefined;
    throw error;
  }
}

function unwritable(place: string, cause: DOMException): StorageError {
  const full = cause.name === 'QuotaExceededError';
  const complaint = {
    wrong: `${place} cannot be stored in this page (${cause.message}).`,
    expected: full ? 'room for it.' : 'a file system of its own, which the page may write to.',
    remedy: `${full ? 'make room, or ' : ''}load it with { keep: false }, which stores nothing; what is here already is kept.`,
  };
  return new StorageError(complaint, { cause });
}
