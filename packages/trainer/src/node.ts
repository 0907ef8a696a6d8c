/** Training runs on the disk of Node. */

import path from 'node:path';
import { readBytesIfAny, writeAtomic } from '@famjs/zoo/node';
import type { Run } from './run.ts';
import { packTraining, type RestoreOptions, unpackTraining } from './training-file.ts';
import type { TrainingState } from './training-state.ts';

/**
 * Writes the checkpoint of a run, whole or not at all.
 *
 * @throws StorageError when it cannot be written; the checkpoint before is then intact
 */
export async function saveTraining(file: string, run: Run, state: TrainingState): Promise<void> {
  await writeAtomic(path.dirname(file), { [path.basename(file)]: await packTraining(run, state) });
}

/**
 * Puts a fresh state where the checkpoint of its run stands.
 *
 * @returns the backend that wrote it, or undefined when there is no checkpoint, and the state stays fresh
 * @throws CheckpointError as `unpackTraining` does
 */
export async function loadTraining(
  file: string,
  run: Run,
  state: TrainingState,
  options: Omit<RestoreOptions, 'source'> = {},
): Promise<string | undefined> {
  const bytes = await readBytesIfAny(file);
  return bytes && unpackTraining(bytes, run, state, { ...options, source: file });
}

export {
  type OpenDocuments,
  type OpenDocumentsOptions,
  openDocuments,
  type ReadDocumentsOptions,
  readDocuments,
} from './data/read-documents.ts';
export { type ReadExamplesOptions, readExamples } from './data/read-examples.ts';
export { type EventFile, openEventFile } from './event-file.ts';
export { lockFolder } from './lock.ts';
export { openRunFolder, type RunFolder } from './run-folder.ts';
export { type StepLog, stepLog } from './step-log.ts';
