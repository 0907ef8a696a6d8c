/** Models behind URLs that a page keeps: every file once, as long as its server has the same. */
import { CheckpointError, require } from '@famjs/backends';
import { sha256 } from '../../digest.ts';
import { download } from '../download.ts';
import { ask, discard, looksLikePage, markOf, received, totalOf } from '../http.ts';
import { blobFile, bytesFile } from '../in-hand.ts';
import { requireRoom } from '../room.ts';
import { type LoadOptions, type ModelSource, type SourceFile, sourceOf } from '../source.ts';
import { filesBelow } from '../url.ts';
import { openShelf, type Shelf } from './shelf.ts';

/**
 * The source of a URL, of which every file is stored before it is read. What the server sends without its length, or without a strong tag
 * or a date by which it is known again, is read and not stored.
 */
export async function keptUrlSource(base: string | URL, options: LoadOptions): Promise<ModelSource> {
  const { address, place, ggufs, urlOf } = filesBelow(base);
  // What stands in a query is permission more often than a name, and changes.
  const shelf = await openShelf(address.origin + address.pathname);
  const find = async (name: string) => {
    const url = urlOf(name);
    const file = url && (await keptFile(url, name, shelf, options));
    const start = file && (await file.read(0, Math.min(100, file.size)));
    return start && looksLikePage(start) ? undefined : file;
  };
  return sourceOf(place, ggufs, find, options);
}

async function keptFile(
  url: URL,
  name: string,
  shelf: Shelf,
  options: LoadOptions,
): Promise<SourceFile | undefined> {
  const { onProgress, signal } = options;
  let answer: Awaited<ReturnType<typeof ask>>;
  try {
    answer = await ask(url, { range: 'bytes=0-' }, signal);
  } catch (error) {
    // Nobody answers: what was fetched before is still good, and what was not there before is not there.
    const unreached = error instanceof CheckpointError && error.cause !== undefined;
    const key = unreached ? (await shelf.notes()).files[name] : undefined;
    const there = key ? await shelf.find(key) : undefined;
    if (there) return blobFile(there, name);
    if (key === null) return undefined;
    throw error;
  }
  const own = (await sha256(new TextEncoder().encode(name))).slice(0, 16);
  const noteAs = (key: string | null) =>
    shelf.note(
      (notes) => ({ ...notes, files: { ...notes.files, [name]: key } }),
      (other) => other.startsWith(`${own}.`) && other !== key,
    );
  if (!answer) {
    await noteAs(null);
    return undefined;
  }
  const size = totalOf(answer);
  const mark = markOf(answer);
  if (size === undefined || mark === undefined) return bytesFile(await received(answer, name, options));
  const key = `${own}.${await sha256(new TextEncoder().encode(`${size} ${mark}`))}`;
  const first = answer.response;
  try {
    if (!(await shelf.find(key))) {
      await requireRoom(name, size - (await shelf.begun(key)), shelf);
      const part = await shelf.begin(key, name, signal);
      const request = async (headers: Readonly<Record<string, string>>) => {
        if (!headers.range && !first.bodyUsed) return first;
        const next = await ask(url, headers, signal);
        const same =
          next && markOf(next) === mark && (next.response.status === 206 || totalOf(next) === size);
        if (next && !same) await discard(next.response);
        require(same, CheckpointError, () => ({
          wrong: `${url} is another file than it was.`,
          expected: `the ${size} bytes that it began with.`,
          remedy: 'load the model again; if it stays so, the server is at fault.',
        }));
        return next!.response;
      };
      const announced = { name, url, size, announcer: url.host };
      const report = (loaded: number) => onProgress?.({ file: name, loaded, total: size });
      if (part) await download(announced, part, request, signal, report);
    }
  } finally {
    if (!first.bodyUsed) await discard(first);
  }
  await noteAs(key);
  const stored = await shelf.find(key);
  require(stored, CheckpointError, () => ({
    wrong: `${name} was removed from ${shelf.place} while it was loaded.`,
    expected: 'a file that stays.',
    remedy: 'load the model again.',
  }));
  return blobFile(stored, name);
}
