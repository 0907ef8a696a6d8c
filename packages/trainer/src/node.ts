/** Training runs on the disk of Node. */

import path from 'node:path';
import type { ModelConfig } from '@famjs/zoo';
import { readBytesIfAny, writeAtomic } from '@famjs/zoo/node';
import { packTraining, unpackTraining } from './training-file.ts';
import type { TrainingState } from './training-state.ts';

/**
 * Writes the checkpoint of a run, whole or not at all.
 *
 * @throws StorageError when it cannot be written; the checkpoint before is then intact
 */
export async function saveTraining(file: string, state: TrainingState): Promise<void> {
  await writeAtomic(path.dirname(file), { [path.basename(file)]: await packTraining(state) });
}

/**
 * The run of a checkpoint, or undefined when there is none.
 *
 * @throws CheckpointError when it is damaged or comes from a run of another model
 */
export async function loadTraining(file: string, config: ModelConfig): Promise<TrainingState | undefined> {
  const bytes = await readBytesIfAny(file);
  return bytes && unpackTraining(bytes, config, file);
}
