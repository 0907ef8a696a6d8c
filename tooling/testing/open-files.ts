/** Which files this process holds open, where the system tells. */
import { existsSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import path from 'node:path';

const list = '/proc/self/fd';

export const seesOpenFiles = existsSync(list);

/** Names of the open files of a folder, also of those that are no longer there; none where the system does not tell. */
export function openFilesIn(folder: string): string[] {
  if (!seesOpenFiles) return [];
  const whole = realpathSync(folder);
  return readdirSync(list)
    .map((descriptor) => linkOf(path.join(list, descriptor)))
    .filter((file) => path.dirname(file) === whole)
    .map((file) => path.basename(file).replace(/ \(deleted\)$/, ''));
}

function linkOf(descriptor: string): string {
  try {
    return readlinkSync(descriptor);
  } catch {
    return ''; // Closed since they were listed.
  }
}
