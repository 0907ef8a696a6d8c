/** A lock on a folder that its process takes with it: who finds one of a process that has ended takes it over. */
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { ConfigError } from '@famjs/backends';
import { storageError } from '@famjs/zoo/node';

/**
 * Takes the lock of a folder, made if need be.
 *
 * @param name of the lock, where the folder is of several runs
 * @returns what gives it back
 * @throws ConfigError while another process holds it
 * @throws StorageError when it cannot be written
 */
export async function lockFolder(folder: string, name = 'run.lock'): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true }).catch((cause) => {
    throw storageError(folder, cause);
  });
  const file = path.join(folder, name);
  const own = JSON.stringify({ pid: process.pid, host: hostname() });
  for (;;) {
    try {
      const handle = await open(file, 'wx');
      await handle.writeFile(own);
      await handle.close();
      return () => rm(file, { force: true });
    } catch (cause) {
      if ((cause as { code?: string }).code !== 'EEXIST') throw storageError(folder, cause);
    }
    const holder = await holderOf(file);
    if (holder) {
      throw new ConfigError({
        wrong: `The process ${holder.pid} on ${holder.host} is training in ${folder}.`,
        expected: 'a folder for each run.',
        remedy: `stop it first, or choose another folder; if it is long gone, remove ${file}.`,
      });
    }
    await rm(file, { force: true });
  }
}

/** Who holds a lock; undefined where it is of a process of this machine that has ended, or was never finished. */
async function holderOf(file: string): Promise<{ pid: number; host: string } | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  let holder: { pid: number; host: string };
  try {
    holder = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (holder.host !== hostname()) return holder;
  try {
    process.kill(holder.pid, 0);
    return holder;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM' ? holder : undefined;
  }
}
