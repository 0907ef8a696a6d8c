/** Models from the visitor's disk, copied into the file system of the page (OPFS) for the next visit. */
import { CheckpointError, require, StorageError } from '@famjs/backends/errors';

const root = 'playground-models';

const folders = async () =>
  (await navigator.storage.getDirectory()).getDirectoryHandle(root, { create: true });

export interface KeptFiles {
  name: string;
  files: File[];
}

/** What is kept, by name. */
export async function listKept(): Promise<KeptFiles[]> {
  const kept: KeptFiles[] = [];
  for await (const [name, handle] of (await folders()).entries()) {
    if (handle.kind === 'directory')
      kept.push({ name, files: await filesIn(handle as FileSystemDirectoryHandle) });
  }
  return kept.filter(({ files }) => files.length > 0);
}

/** @throws CheckpointError when nothing is kept under the name */
export async function keptFiles(name: string): Promise<File[]> {
  const kept = (await listKept()).find((model) => model.name === name);
  require(kept, CheckpointError, () => ({
    wrong: `This browser keeps no model named "${name}".`,
    expected: 'one that was trained or loaded here, and kept.',
    remedy: 'train it again and keep it, or leave the name out of the address.',
  }));
  return kept.files;
}

async function filesIn(folder: FileSystemDirectoryHandle): Promise<File[]> {
  const files: File[] = [];
  for await (const handle of folder.values()) {
    if (handle.kind === 'file') files.push(await (handle as FileSystemFileHandle).getFile());
  }
  return files;
}

/**
 * Copies files under a name, all of them or none.
 *
 * @throws StorageError when there is no room for them
 */
export async function keepFiles(name: string, files: readonly File[]): Promise<void> {
  const needed = files.reduce((sum, { size }) => sum + size, 0);
  const { quota = Number.POSITIVE_INFINITY, usage = 0 } = await navigator.storage.estimate();
  if (needed > quota - usage) throw full(name, needed, quota - usage);
  try {
    const folder = await (await folders()).getDirectoryHandle(name, { create: true });
    for (const file of files) {
      const writer = await (await folder.getFileHandle(file.name, { create: true })).createWritable();
      await file.stream().pipeTo(writer);
    }
  } catch (cause) {
    await forgetFiles(name).catch(() => {}); // Without room there may be no folder yet.
    throw (cause as Error).name === 'QuotaExceededError' ? full(name, needed, quota - usage, cause) : cause;
  }
}

export async function forgetFiles(name: string): Promise<void> {
  await (await folders()).removeEntry(name, { recursive: true });
}

function full(name: string, needed: number, room: number, cause?: unknown): StorageError {
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;
  return new StorageError(
    {
      wrong: `${name} has ${megabytes(needed)}, and the browser gives this page ${megabytes(room)} more.`,
      expected: 'room for the whole model.',
      remedy: 'remove a kept model, or use this one without keeping it.',
    },
    { cause },
  );
}
