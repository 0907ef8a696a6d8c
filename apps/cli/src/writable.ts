/** Finds out before long work whether its results can be written. */
import { constants } from 'node:fs';
import { access, mkdir, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { storageError } from '@famjs/zoo/node';

/**
 * Tries it: a folder that is not there is made, and removed again.
 *
 * @throws StorageError when it cannot be made, or not be written to
 */
export async function requireWritable(folder: string): Promise<void> {
  const place = path.resolve(folder);
  try {
    const first = await mkdir(place, { recursive: true });
    await access(place, constants.W_OK);
    if (first) await removeEmpty(place, first);
  } catch (error) {
    throw storageError(folder, error);
  }
}

/** Removes empty folders from `last` up to `first`. What someone else has put something into meanwhile stays. */
async function removeEmpty(last: string, first: string): Promise<void> {
  const parents = path.relative(first, last).split(path.sep).filter(Boolean);
  for (let up = 0; up <= parents.length; up++) {
    const removed = await rmdir(path.join(last, ...Array(up).fill('..'))).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}
