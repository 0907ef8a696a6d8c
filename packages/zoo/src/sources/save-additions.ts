/** Memories and adapters on a disk. */
import { memoryFiles, peftFiles } from '../adapters/files.ts';
import type { AdditionFileOptions } from '../dtype.ts';
import type { Base } from '../fingerprint.ts';
import type { HeldModel } from '../model.ts';
import { writeAtomic } from './disk.ts';

/**
 * Saves what makes a FAM of a base model, without the base model's weights: a folder for `memory:`, and where it has an adapter one
 * that Python's PEFT loads too.
 *
 * @param base as `base()` of the loaded base model says
 * @throws ConfigError, NonFiniteError what `memoryFiles` throws
 * @throws StorageError when the files cannot be written; those that were there are then intact
 */
export async function saveMemory(
  folder: string,
  model: HeldModel,
  base: Base,
  options: AdditionFileOptions = {},
): Promise<void> {
  await writeAtomic(folder, await memoryFiles(model, base, options));
}

/**
 * Saves an adapter as PEFT does.
 *
 * @param name of the adapter in the model
 * @param base what the base model is called
 * @throws NonFiniteError what `peftFiles` throws
 * @throws StorageError when the files cannot be written; those that were there are then intact
 */
export async function saveAdapter(
  folder: string,
  model: HeldModel,
  name: string,
  base: string,
  options: AdditionFileOptions = {},
): Promise<void> {
  await writeAtomic(folder, await peftFiles(model, name, base, options));
}
