/** Models and datasets of the Hub: what is needed of them is fetched once, checked by size and hash, and kept. */
import { CheckpointError, require } from '@famjs/backends';
import { download, type PartialFile } from '../download.ts';
import { isUnreached } from '../http.ts';
import { requireRoom } from '../room.ts';
import { isGguf, type LoadOptions, type ModelSource, type SourceFile, sourceOf } from '../source.ts';
import { type HubFile, type HubListing, hubListing } from './listing.ts';
import type { HubName } from './name.ts';
import { neededFiles } from './needed-files.ts';
import { type HubAccess, hubAnswer } from './request.ts';

/** Where a model of the Hub is kept: on a disk, or in the file system of a page's origin. */
export interface HubCache {
  /** How errors call it. */
  readonly place: string;
  /** Bytes that may still be stored; undefined where nobody knows. */
  room(): Promise<number | undefined>;
  /** Bytes of the file that are not here yet. */
  missing(file: HubFile): Promise<number>;
  /** The file to go on with, or undefined when it became whole meanwhile. */
  begin(file: HubFile): Promise<PartialFile | undefined>;
  /** Notes that files of the commit, which the revision is now, are here. */
  note(commit: string, files: readonly HubFile[]): Promise<void>;
  /** The files that are here of what the revision was the last time, with their sizes. */
  known(): Promise<ReadonlyMap<string, number>>;
  /** A file of what was noted or is known. */
  open(name: string): Promise<SourceFile | undefined>;
}

/** How far fetching a model has come. */
export interface PullProgress {
  /** Name of the file that comes in. */
  file: string;
  /** Its bytes so far, and in all. */
  loaded: number;
  total: number;
  /** The same of all files that the model needs. */
  all: { loaded: number; total: number };
}

/** The files of a model that are kept. */
export interface KeptModel {
  files: readonly string[];
  /** Of all of them. */
  bytes: number;
}

/**
 * Fetches what a model needs and is not kept yet.
 *
 * @param access undefined offline: only what is kept counts
 * @throws CheckpointError when there is no such model, it is not to be had, or comes other than the Hub announced it
 * @throws StorageError when there is no room for it, or it cannot be written
 */
export async function pull(
  name: HubName,
  cache: HubCache,
  access: HubAccess | undefined,
  onProgress: ((progress: PullProgress) => void) | undefined,
): Promise<KeptModel> {
  const needed = access && (await askHub(name, cache, access));
  return needed ? fetchMissing(name, cache, access, needed, onProgress) : kept(name, cache);
}

/** What a model needs of the Hub, and how many bytes of each file are not kept yet. */
export interface Needed {
  listing: HubListing;
  files: readonly HubFile[];
  missing: readonly number[];
}

/** @returns undefined when nobody answers and what was fetched before must do */
export async function askHub(name: HubName, cache: HubCache, access: HubAccess): Promise<Needed | undefined> {
  const before = await kept(name, cache).catch(() => undefined);
  try {
    const listing = await hubListing(name, before ? { ...access, connects: 1 } : access);
    const files = neededOf(name, listing);
    return { listing, files, missing: await Promise.all(files.map((file) => cache.missing(file))) };
  } catch (error) {
    if (before && isUnreached(error)) return undefined;
    throw error;
  }
}

/** Fetches what is missing of it. */
export async function fetchMissing(
  name: HubName,
  cache: HubCache,
  access: HubAccess,
  { listing, files, missing }: Needed,
  onProgress: ((progress: PullProgress) => void) | undefined,
): Promise<KeptModel> {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  await requireRoom(
    name.repo,
    missing.reduce((sum, bytes) => sum + bytes, 0),
    cache,
  );
  let done = 0;
  for (const [i, file] of files.entries()) {
    const report = (loaded: number) =>
      onProgress?.({
        file: file.name,
        loaded,
        total: file.size,
        all: { loaded: done + loaded, total },
      });
    const part = missing[i]! > 0 ? await cache.begin(file) : undefined;
    if (part) {
      const url = hubUrl(name, listing, file, access);
      const announced = { ...file, url, announcer: 'the Hub' };
      await download(announced, part, (headers) => hubAnswer(url, headers, access), access.signal, report);
    }
    report(file.size);
    done += file.size;
  }
  await cache.note(listing.commit, files);
  return { files: files.map((file) => file.name), bytes: total };
}

/** What was fetched before. */
export async function kept(name: HubName, cache: HubCache): Promise<KeptModel> {
  const sizes = await cache.known();
  require(sizes.size > 0, CheckpointError, () => ({
    wrong: `${name.repo} (${name.revision}) is not in ${cache.place}, and nothing is fetched offline.`,
    expected: 'what was fetched before.',
    remedy: 'go online and unset HF_HUB_OFFLINE, or set HF_HOME to where it is kept.',
  }));
  const files = neededFiles([...sizes.keys()], name);
  return { files, bytes: files.reduce((sum, file) => sum + sizes.get(file)!, 0) };
}

export const neededOf = (name: HubName, { files }: HubListing): HubFile[] =>
  neededFiles(
    files.map((file) => file.name),
    name,
  ).map((needed) => files.find((file) => file.name === needed)!);

export function hubUrl(
  { repo, kind }: HubName,
  { commit }: HubListing,
  file: HubFile,
  { endpoint }: HubAccess,
): URL {
  const path = file.name.split('/').map(encodeURIComponent).join('/');
  return new URL(`${endpoint}/${kind === 'data' ? 'datasets/' : ''}${repo}/resolve/${commit}/${path}`);
}

/** The source of these files and no others. */
export function filesOfHub(
  { repo }: HubName,
  files: readonly string[],
  open: (name: string) => Promise<SourceFile | undefined>,
  options: LoadOptions,
): ModelSource {
  const gguf = files.find(isGguf);
  const find = async (file: string) => (files.includes(file) ? open(file) : undefined);
  return sourceOf(gguf ? `${repo}/${gguf}` : repo, gguf ? [gguf] : [], find, options);
}
