/** All models that a page keeps. */
import { bytesOf } from './pieces.ts';
import { models, notesIn } from './shelf.ts';

export interface KeptPlace {
  /** What it is: its URL, or owner/name@revision of the Hub. */
  place: string;
  /** Of all that is kept of it. */
  bytes: number;
  remove(): Promise<void>;
}

export async function allKept(): Promise<KeptPlace[]> {
  const all = await models();
  const found: KeptPlace[] = [];
  for await (const [id, entry] of all.entries()) {
    const folder = entry as FileSystemDirectoryHandle;
    let bytes = 0;
    for await (const file of folder.values()) {
      if (file.kind === 'directory') bytes += await bytesOf(file as FileSystemDirectoryHandle);
    }
    const place = (await notesIn(folder))?.place ?? id;
    found.push({ place, bytes, remove: () => all.removeEntry(id, { recursive: true }) });
  }
  return found;
}
