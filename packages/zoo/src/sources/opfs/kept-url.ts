/** Models behind URLs that a page keeps: every file once, as long as its server has the same. */
import { CheckpointError, require } from '@famjs/backends';
import { shardNames } from '../../formats/open-checkpoint.ts';
import { download, type Request } from '../download.ts';
import { ask, discard, looksLikePage, markOf, received, totalOf } from '../http.ts';
import { added, beside } from '../hub/needed-files.ts';
import { blobFile, bytesFile } from '../in-hand.ts';
import { requireRoom } from '../room.ts';
import { type LoadOptions, type ModelSource, type SourceFile, sourceOf } from '../source.ts';
import { filesBelow } from '../url.ts';
import { keyStartOf, type Said, saidBy, saidOf } from './said.ts';
import { openShelf, type Shelf } from './shelf.ts';

/**
 * The source of a URL, of which every file is stored before it is read. What the server sends without its length, or without a strong tag
 * or a date by which it is known again, is read and not stored.
 *
 * @throws StorageError when there is no room for all the files of which the server says how long they are
 */
export async function keptUrlSource(base: string | URL, options: LoadOptions): Promise<ModelSource> {
  const { address, place, ggufs, urlOf } = filesBelow(base);
  // What stands in a query is permission more often than a name, and changes.
  const shelf = await openShelf(address.origin + address.pathname);
  const all = new Map<string, Promise<Said>>();
  const said = (name: string, url: URL) => {
    if (!all.has(name)) all.set(name, saidOf(url, name, options.signal));
    return all.get(name)!;
  };
  const find = async (name: string) => {
    const url = urlOf(name);
    const file = url && (await keptFile(url, name, await said(name, url), shelf, options));
    const start = file && (await file.read(0, Math.min(100, file.size)));
    return start && looksLikePage(start) ? undefined : file;
  };
  const source = sourceOf(place, ggufs, find, options);

  /** Bytes that are still to be stored of these files. */
  const missing = async (names: readonly string[]): Promise<number> => {
    const sizes = names.map(async (name) => {
      const url = urlOf(name);
      const known = url && (await said(name, url));
      if (known?.kind !== 'file' || (await shelf.find(known.key))) return 0;
      return known.size - (await shelf.begun(known.key));
    });
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  };
  const weights = urlOf('model.safetensors');
  const isElsewhere = weights && (await said('model.safetensors', weights)).kind === 'none';
  // An index that is none is told of by whoever reads the model.
  const shards = isElsewhere ? await shardNames(source).catch(() => undefined) : undefined;
  const largest = shards ?? (isElsewhere ? added : ['model.safetensors']);
  await requireRoom(place, await missing([...new Set([...ggufs, ...beside, ...largest])]), shelf);
  return source;
}

async function keptFile(
  url: URL,
  name: string,
  head: Said,
  shelf: Shelf,
  options: LoadOptions,
): Promise<SourceFile | undefined> {
  const { onProgress, signal } = options;
  if (head.kind === 'unreached') {
    // Nobody answers: what was fetched before is still good, and what was not there before is not there.
    const key = (await shelf.notes()).files[name];
    const there = key ? await shelf.find(key) : undefined;
    if (there) return blobFile(there, name);
    if (key === null) return undefined;
    throw head.error;
  }
  const first = head.kind === 'unsaid' ? await ask(url, { range: 'bytes=0-' }, signal) : undefined;
  const said = head.kind === 'unsaid' ? await saidBy(first, name) : head;
  const own = await keyStartOf(name);
  const noteAs = (key: string | null) =>
    shelf.note(
      (notes) => ({ ...notes, files: { ...notes.files, [name]: key } }),
      (other) => other.startsWith(`${own}.`) && other !== key,
    );
  if (said.kind === 'none') {
    await noteAs(null);
    return undefined;
  }
  if (said.kind !== 'file') return bytesFile(await received(first!, name, options));
  const { key, size, mark } = said;
  const request: Request = async (headers) => {
    if (first && !headers.range && !first.response.bodyUsed) return first.response;
    const next = await ask(url, headers, signal);
    const same = next && markOf(next) === mark && (next.response.status === 206 || totalOf(next) === size);
    if (next && !same) await discard(next.response);
    require(same, CheckpointError, () => ({
      wrong: `${url} is another file than it was.`,
      expected: `the ${size} bytes that it began with.`,
      remedy: 'load the model again; if it stays so, the server is at fault.',
    }));
    return next!.response;
  };
  try {
    if (!(await shelf.find(key))) {
      await requireRoom(name, size - (await shelf.begun(key)), shelf);
      const part = await shelf.begin(key, name, signal);
      const announced = { name, url, size, announcer: url.host };
      const report = (loaded: number) => onProgress?.({ file: name, loaded, total: size });
      if (part) await download(announced, part, request, signal, report);
    }
  } finally {
    if (first && !first.response.bodyUsed) await discard(first.response);
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
