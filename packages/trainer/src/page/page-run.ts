/** A run in a page or its worker: its checkpoint is kept in the file system of the page's origin (OPFS), and outlives a reload. */
import { FamError, StorageError } from '@famjs/backends/errors';
import { type KeptRun, packTraining, unpackTraining } from '../training-file.ts';

/** Its one checkpoint is replaced with each that is saved. */
export interface PageRun extends KeptRun {
  /** Removes the checkpoint. */
  forget(): Promise<void>;
  /** Gives the run free for other pages; the end of a page or a worker does so too. */
  close(): void;
}

const folderName = 'famjs-runs';
const ending = '.training.safetensors';

/**
 * Opens the run of a name. While another page or worker has it open, its turn is waited for.
 *
 * @param name of letters, digits, dots and dashes
 * @throws StorageError where a page can keep nothing
 * @throws DOMException `AbortError` when the signal fires while it waits
 */
export async function openPageRun(
  name: string,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<PageRun> {
  const file = `${name}${ending}`;
  const stored = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (cause) {
      throw cause instanceof FamError ? cause : refused(name, cause as Error);
    }
  };
  const folder = await stored(async () => {
    const root = await navigator.storage.getDirectory();
    return root.getDirectoryHandle(folderName, { create: true });
  });
  const unlock = await lock(`${folderName}/${name}`, signal);
  return {
    async restore(run, state, options = {}) {
      const handle = await folder.getFileHandle(file).catch(() => undefined);
      if (!handle) return undefined;
      const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
      return unpackTraining(bytes, run, state, { ...options, source: `the checkpoint of ${name}` });
    },
    save: (run, state) =>
      stored(async () => {
        const bytes = await packTraining(run, state);
        // What is written appears when it is closed.
        const writer = await (await folder.getFileHandle(file, { create: true })).createWritable();
        try {
          await writer.write(bytes as BufferSource);
        } catch (error) {
          await writer.abort().catch(() => {});
          throw error;
        }
        await writer.close();
      }),
    forget: () => folder.removeEntry(file).catch(() => {}),
    close: unlock,
  };
}

/** @returns what gives the lock back */
const lock = (name: string, signal: AbortSignal | undefined): Promise<() => void> =>
  new Promise((resolve, reject) => {
    const held = () => new Promise<void>((release) => resolve(release));
    navigator.locks.request(name, signal ? { signal } : {}, held).catch(reject);
  });

const refused = (name: string, cause: Error): StorageError =>
  new StorageError(
    {
      wrong: `The run ${name} cannot be kept in this page (${cause.message}).`,
      expected: 'a page of https or localhost, outside private windows, with room in its storage.',
      remedy: 'free some storage of this site, or train without keeping checkpoints.',
    },
    { cause },
  );
