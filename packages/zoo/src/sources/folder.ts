/** Models in folders on a disk, laid out as Hugging Face does. */
import path from 'node:path';
import { modelFiles, readModel, type StoredModel } from '../formats/model-files.ts';
import { readBytesIfAny, writeAtomic } from './disk.ts';

/**
 * Loads the model of a folder; see `readModel` for the files and the errors.
 *
 * @returns the model, whose tensors are in the caller's hands
 */
export function loadModelFolder(folder: string): Promise<StoredModel> {
  return readModel({ place: folder, read: (name) => readBytesIfAny(path.join(folder, name)) });
}

/**
 * Saves a model into a folder, which is made if need be; a save that fails leaves the model that was there intact.
 *
 * @throws CheckpointError or NonFiniteError when the weights are not the whole and sound ones of the configuration
 * @throws StorageError when the files cannot be written
 */
export async function saveModelFolder(folder: string, model: StoredModel): Promise<void> {
  await writeAtomic(folder, await modelFiles(model));
}
