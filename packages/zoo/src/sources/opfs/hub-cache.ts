/** Models of the Hub that a page keeps. */

import type { HubCache } from '../hub/hub.ts';
import type { HubName } from '../hub/name.ts';
import { blobFile } from '../in-hand.ts';
import { openShelf, type ShelfNotes } from './shelf.ts';

export async function pageCache(
  { repo, revision }: HubName,
  signal: AbortSignal | undefined,
): Promise<HubCache> {
  const shelf = await openShelf(`${repo}@${revision}`);
  const find = async (notes: ShelfNotes, name: string) => {
    const key = Object.hasOwn(notes.files, name) ? notes.files[name] : undefined;
    return key ? shelf.find(key) : undefined;
  };
  return {
    place: shelf.place,
    room: shelf.room,
    async missing({ size, hash }) {
      const there = await shelf.find(hash.hex);
      return there?.size === size ? 0 : Math.max(1, size - (await shelf.begun(hash.hex)));
    },
    begin: ({ name, hash }) => shelf.begin(hash.hex, name, signal),
    note: (commit, files) =>
      shelf.note(
        (before) => {
          const own = Object.fromEntries(files.map(({ name, hash }) => [name, hash.hex]));
          const others = before.commit === commit ? before.files : {};
          return { ...before, commit, files: { ...others, ...own } };
        },
        (key, before, after) => before.commit !== after.commit && !Object.values(after.files).includes(key),
      ),
    async known() {
      const notes = await shelf.notes();
      const sizes = new Map<string, number>();
      for (const name of Object.keys(notes.files)) {
        const there = await find(notes, name);
        if (there) sizes.set(name, there.size);
      }
      return sizes;
    },
    async open(name) {
      const there = await find(await shelf.notes(), name);
      return there && blobFile(there, name);
    },
  };
}
