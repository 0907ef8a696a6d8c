/** Sessions on a disk. */
import path from 'node:path';
import type { Session } from '../language-model.ts';
import { writeAtomic } from './disk.ts';

/**
 * Writes a session into a file, whole or not at all; `model.restore(await readBytes(file))` goes on from it.
 *
 * @throws StorageError when it cannot be written; the file that was there is then intact
 */
export async function saveTo(file: string, session: Session): Promise<void> {
  await writeAtomic(path.dirname(file), { [path.basename(file)]: await session.save() });
}
