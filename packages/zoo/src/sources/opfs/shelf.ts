/** What a page keeps of one model: files by the key of their content, and notes of which name has which content. */
import * as z from 'zod';
import { sha256 } from '../../digest.ts';
import type { PartialFile } from '../download.ts';
import { bytesOf, ifThere, openPieces, wholeFile } from './pieces.ts';

/** Of all models, below the root of the page's file system. */
const root = 'famjs-models';
const notesFile = 'notes.json';

const notesSchema = z.object({
  /** What the user calls it. */
  place: z.string(),
  /** The commit of the Hub that its files are of. */
  commit: z.string().optional(),
  /** The key of the content of each name; null when there was no such file. */
  files: z.record(z.string(), z.string().nullable()),
});
export type ShelfNotes = z.infer<typeof notesSchema>;

export interface Shelf {
  /** How errors call it. */
  readonly place: string;
  /** Bytes that may still be stored; undefined where the browser does not say. */
  room(): Promise<number | undefined>;
  notes(): Promise<ShelfNotes>;
  /** Changes the notes, and removes the files whose keys are stale then, unless a page is writing them. */
  note(
    change: (notes: ShelfNotes) => ShelfNotes,
    isStale: (key: string, before: ShelfNotes, after: ShelfNotes) => boolean,
  ): Promise<void>;
  /** The whole file of a key. */
  find(key: string): Promise<Blob | undefined>;
  /** Bytes that are there of a file that is not whole. */
  begun(key: string): Promise<number>;
  /** The file of a key to go on with, once no other page writes it; undefined when that made it whole. */
  begin(key: string, name: string, signal: AbortSignal | undefined): Promise<PartialFile | undefined>;
}

/** The folders of all models. */
export async function models(): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(root, { create: true });
}

/** @param place what the user calls the model, which is what it is known by */
export async function openShelf(place: string): Promise<Shelf> {
  const id = await sha256(new TextEncoder().encode(place));
  const folder = await (await models()).getDirectoryHandle(id, { create: true });
  const lockOf = (key: string) => `${root}/${id}/${key}`;

  const notes = async () => (await notesIn(folder)) ?? { place, files: {} };

  return {
    place: "this page's storage",
    async room() {
      const { quota, usage } = (await navigator.storage.estimate?.()) ?? {};
      return quota === undefined || usage === undefined ? undefined : quota - usage;
    },
    notes,
    async note(change, isStale) {
      await navigator.locks.request(lockOf(notesFile), async () => {
        const before = await notes();
        const after = change(before);
        const file = await folder.getFileHandle(notesFile, { create: true });
        const writer = await file.createWritable();
        await writer.write(JSON.stringify(after));
        await writer.close();
        const keys: string[] = [];
        for await (const key of folder.keys()) if (key !== notesFile) keys.push(key);
        for (const key of keys.filter((key) => isStale(key, before, after))) {
          await navigator.locks.request(lockOf(key), { ifAvailable: true }, async (lock) => {
            if (lock) await folder.removeEntry(key, { recursive: true });
          });
        }
      });
    },
    async find(key) {
      const there = await ifThere(folder.getDirectoryHandle(key));
      return there && wholeFile(there);
    },
    async begun(key) {
      const there = await ifThere(folder.getDirectoryHandle(key));
      return there ? bytesOf(there) : 0;
    },
    async begin(key, name, signal) {
      const release = await locked(lockOf(key), signal);
      try {
        const there = await folder.getDirectoryHandle(key, { create: true });
        if (!(await wholeFile(there))) return await openPieces(there, name, release);
      } catch (error) {
        release();
        throw error;
      }
      release();
      return undefined;
    },
  };
}

/** Waits until nobody has the lock, and takes it. @returns what gives it back */
async function locked(name: string, signal: AbortSignal | undefined): Promise<() => void> {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await new Promise<void>((resolve, reject) => {
    const options = signal ? { signal } : {};
    navigator.locks
      .request(name, options, () => {
        resolve();
        return held;
      })
      .catch(reject);
  });
  return release;
}

/** The notes of a model's folder; undefined where there are none, or none that can be understood. */
export async function notesIn(folder: FileSystemDirectoryHandle): Promise<ShelfNotes | undefined> {
  const file = await ifThere(folder.getFileHandle(notesFile));
  try {
    return file && notesSchema.parse(JSON.parse(await (await file.getFile()).text()));
  } catch {
    return undefined;
  }
}
