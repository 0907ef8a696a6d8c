/** Models in folders on a disk, laid out as Hugging Face does. */
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { modelFiles, optionalFiles, type StoredModel } from '../formats/model-files.ts';
import { readBytesIfAny, writeAtomic } from './disk.ts';
import type { LoadOptions, ModelSource } from './source.ts';

export function folderSource(folder: string, { onProgress, signal }: LoadOptions = {}): ModelSource {
  return {
    place: folder,
    async read(name) {
      signal?.throwIfAborted();
      const bytes = await readBytesIfAny(path.join(folder, name));
      if (bytes) onProgress?.({ file: name, loaded: bytes.length, total: bytes.length });
      return bytes;
    },
  };
}

export async function isFolder(place: string): Promise<boolean> {
  const there = await stat(place).catch(() => undefined);
  return there?.isDirectory() ?? false;
}

/**
 * Saves a model into a folder, which is made if need be; a save that fails leaves the model that was there intact.
 *
 * @throws CheckpointError or NonFiniteError when the weights are not the whole and sound ones of the configuration
 * @throws StorageError when the files cannot be written
 */
export async function saveModelFolder(folder: string, model: StoredModel): Promise<void> {
  const files = await modelFiles(model);
  await writeAtomic(folder, files);
  const stale = optionalFiles.filter((name) => !Object.hasOwn(files, name));
  await Promise.all(stale.map((name) => rm(path.join(folder, name), { force: true })));
}
