/** Models in folders on a disk, laid out as Hugging Face does, and in GGUF files. */
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { modelFiles, optionalFiles, type StoredModel } from '../formats/model-files.ts';
import { openFileIfAny, writeAtomic } from './disk.ts';
import { isGguf, type LoadOptions, type ModelSource, sourceOf } from './source.ts';

/** The files of a folder. */
export async function folderSource(folder: string, options: LoadOptions = {}): Promise<ModelSource> {
  const names = await readdir(folder).catch(() => []);
  const find = (name: string) => openFileIfAny(path.join(folder, name));
  return sourceOf(folder, names.filter(isGguf).sort(), find, options);
}

/** One file, without those beside it. */
export function fileSource(file: string, options: LoadOptions = {}): ModelSource {
  const own = path.basename(file);
  const find = async (name: string) => (name === own ? openFileIfAny(file) : undefined);
  return sourceOf(file, [own], find, options);
}

/** What lies at a path: a folder, a file, or nothing. */
export async function kindOfPath(place: string): Promise<'folder' | 'file' | undefined> {
  const there = await stat(place).catch(() => undefined);
  return there && (there.isDirectory() ? 'folder' : 'file');
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
