/** Finds out before long work whether its results can be written. */
import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { storageError } from '@famjs/zoo/node';

/**
 * Makes a folder if need be.
 *
 * @throws StorageError when it cannot be made, or not be written to
 */
export async function requireWritable(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (error) {
    throw storageError(folder, error);
  }
}
