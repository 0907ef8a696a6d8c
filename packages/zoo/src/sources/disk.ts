/** Files of Node read whole or in parts and replaced whole, with errors that say what to do. */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { CheckpointError, StorageError } from '@famjs/backends';
import type { SourceFile } from './source.ts';

/** Node reads less than 2 GiB at a time. */
const readLimit = 2 ** 30;

/**
 * The bytes of a file, of any size that memory holds.
 *
 * @throws CheckpointError when the file is missing or cannot be read
 */
export async function readBytes(file: string): Promise<Uint8Array> {
  return readPart(file);
}

/**
 * The bytes of a file, or undefined when there is none.
 *
 * @throws CheckpointError when the file cannot be read
 */
export async function readBytesIfAny(file: string): Promise<Uint8Array | undefined> {
  try {
    return await readBytes(file);
  } catch (error) {
    if (codeOf((error as Error).cause) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * A file to be read in parts, or undefined when there is none. It is held open only while it is read.
 *
 * @throws CheckpointError when the file cannot be read
 */
export async function openFileIfAny(file: string): Promise<SourceFile | undefined> {
  const there = await stat(file).catch((cause) => {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw unreadable(file, cause);
  });
  return there && { size: there.size, read: (from, to) => readPart(file, from, to) };
}

async function readPart(file: string, from = 0, to?: number): Promise<Uint8Array> {
  let handle: Awaited<ReturnType<typeof open>> | undefined;
  try {
    handle = await open(file);
    const end = to ?? (await handle.stat()).size;
    const bytes = new Uint8Array(end - from);
    for (let at = 0; at < bytes.length; ) {
      const length = Math.min(readLimit, bytes.length - at);
      const { bytesRead } = await handle.read(bytes, at, length, from + at);
      if (bytesRead === 0) throw new Error(`it ended at byte ${from + at} of ${end} while it was read`);
      at += bytesRead;
    }
    return bytes;
  } catch (cause) {
    throw unreadable(file, cause);
  } finally {
    await handle?.close();
  }
}

function unreadable(file: string, cause: unknown): CheckpointError {
  const complaint = {
    wrong: `Cannot read ${file} (${(cause as Error).message}).`,
    expected: 'a file that exists, is readable and fits into memory.',
    remedy: 'check the path and its permissions, or fetch the file.',
  };
  return new CheckpointError(complaint, { cause });
}

/** What a file is to hold: all of it, or parts that are written as they come. */
export type FileContent = Uint8Array | string | AsyncIterable<Uint8Array>;

/**
 * Writes files of a folder, which is made if need be: all to temporary names first, and only when every byte is on the
 * disk under their own. A write that fails leaves the files that were there as they were, and nothing of its own.
 *
 * @param files content by file name
 * @throws StorageError when they cannot be written
 */
export async function writeAtomic(
  folder: string,
  files: Readonly<Record<string, FileContent>>,
): Promise<void> {
  const drafts: { draft: string; file: string }[] = [];
  try {
    await mkdir(folder, { recursive: true });
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(folder, name);
      await requireReplaceable(file);
      const draft = `${file}.${randomUUID()}.tmp`;
      drafts.push({ draft, file });
      await writeThrough(draft, content);
    }
    for (const { draft, file } of drafts) await rename(draft, file);
  } catch (cause) {
    await Promise.allSettled(drafts.map(({ draft }) => rm(draft, { force: true })));
    throw storageError(folder, cause);
  }
}

/**
 * Removes what a process that was killed while it wrote has left in a folder and in those within; no other may be writing there.
 *
 * @throws StorageError when it cannot be removed
 */
export async function removeDrafts(folder: string): Promise<void> {
  try {
    const names = await readdir(folder, { recursive: true });
    for (const name of names.filter((name) => /\.[\da-f-]{36}\.tmp$/.test(name)))
      await rm(path.join(folder, name), { force: true });
  } catch (cause) {
    throw storageError(folder, cause);
  }
}

/** What an error of the file system means for someone who wanted to write at `place`; other errors as they are. */
export function storageError(place: string, cause: unknown): unknown {
  const code = codeOf(cause);
  if (code === undefined) return cause;
  const { expected, remedy } = advice.find(({ codes }) => codes.includes(code)) ?? {
    expected: 'a disk that takes the files.',
    remedy: 'check the disk, then try again.',
  };
  const wrong = `Cannot write to ${place} (${(cause as Error).message}).`;
  return new StorageError({ wrong, expected, remedy }, { cause });
}

const advice = [
  {
    codes: ['ENOSPC', 'EDQUOT'],
    expected: 'enough free space.',
    remedy: 'free some space or choose another disk; the files that were there are intact.',
  },
  {
    codes: ['EFBIG'],
    expected: 'a size that the limits allow.',
    remedy:
      'raise the limit (ulimit -f) or choose a disk for files of this size; the files that were there are intact.',
  },
  {
    codes: ['EACCES', 'EPERM', 'EROFS'],
    expected: 'a folder in which you may write.',
    remedy: 'choose another folder, or change the permissions of this one.',
  },
  {
    codes: ['ENOTDIR', 'EEXIST'],
    expected: 'a path of folders.',
    remedy: 'choose another path, or move the file that stands where a folder should.',
  },
  {
    codes: ['EISDIR'],
    expected: 'a file or nothing at this path.',
    remedy: 'choose another path, or move the folder that stands there.',
  },
];

/** A rename cannot put a file in place of a folder; to find out only then would leave some files new and some old. */
async function requireReplaceable(file: string): Promise<void> {
  const there = await stat(file).catch(() => undefined);
  if (there?.isDirectory()) throw Object.assign(new Error(`${file} is a folder`), { code: 'EISDIR' });
}

/** Writes a new file and waits until the disk has it. */
async function writeThrough(file: string, content: FileContent): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    const parts = typeof content === 'string' || content instanceof Uint8Array ? [content] : content;
    for await (const part of parts) await handle.writeFile(part);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The code of an error of the file system, such as ENOSPC; Node's own codes (ERR_…) are mistakes in the code. */
export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}
