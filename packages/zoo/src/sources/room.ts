/** Whether there is room for what is to be kept, asked before its first byte comes. */
import { require, StorageError } from '@famjs/backends';

interface Storage {
  /** How errors call it. */
  place: string;
  /** Bytes that may still be stored; undefined where nobody knows. */
  room(): Promise<number | undefined>;
}

/** @throws StorageError that says how much is needed, and how much is there */
export async function requireRoom(what: string, needed: number, storage: Storage): Promise<void> {
  const room = needed > 0 ? await storage.room() : undefined;
  require(room === undefined || needed <= room, StorageError, () => ({
    wrong: `${what} needs ${megabytes(needed, Math.ceil)} more in ${storage.place}, where there is room for ${megabytes(room!, Math.floor)}.`,
    expected: 'room for all of it.',
    remedy: 'make room there, take a smaller model, or load it with { keep: false }, which stores nothing.',
  }));
}

const megabytes = (bytes: number, rounded: (value: number) => number) => `${rounded(bytes / 1e5) / 10} MB`;
