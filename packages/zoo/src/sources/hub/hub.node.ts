/** Models of the Hub in Node: what a model needs is fetched into the cache on the disk once, and read from there. */
import path from 'node:path';
import { CheckpointError, require } from '@famjs/backends';
import { openFileIfAny } from '../disk.ts';
import { isGguf, type LoadOptions, type ModelSource, sourceOf } from '../source.ts';
import {
  blobPath,
  hubCacheFolder,
  knownCommit,
  linkBlob,
  noteCommit,
  repoFolder,
  sizeOf,
  snapshotFiles,
  snapshotFolder,
} from './cache.node.ts';
import { download } from './download.node.ts';
import { type HubListing, hubListing } from './listing.ts';
import type { HubName } from './name.ts';
import { neededFiles } from './needed-files.ts';
import type { HubAccess } from './request.ts';

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

export interface PullOptions {
  onProgress?: (progress: PullProgress) => void;
  /** Breaks off; the next time goes on from there. */
  signal?: AbortSignal | undefined;
}

/** A model that is in the cache. */
export interface PulledModel {
  /** The folder in which its files lie, among others perhaps. */
  folder: string;
  files: readonly string[];
  /** Of all its files. */
  bytes: number;
}

/**
 * Fetches what a model needs and is not in the cache yet.
 *
 * Follows the environment: HF_ENDPOINT, HF_TOKEN, HF_HOME, HF_HUB_CACHE, and HF_HUB_OFFLINE, with which only the cache counts.
 *
 * @throws CheckpointError when there is no such model, it is not to be had, or comes other than the Hub announced it
 * @throws StorageError when it cannot be written
 */
export async function pullFromHub(name: HubName, options: PullOptions = {}): Promise<PulledModel> {
  const folder = repoFolder(name.repo);
  if (isOffline()) return fromCache(name, folder);
  const access = hubAccess(options.signal);
  let listing: HubListing;
  try {
    listing = await hubListing(name, access);
  } catch (error) {
    // Nobody answers: what was fetched before is still good.
    const unreached = error instanceof CheckpointError && error.cause !== undefined;
    const kept = unreached ? await fromCache(name, folder).catch(() => undefined) : undefined;
    if (kept) return kept;
    throw error;
  }
  const names = neededFiles(
    listing.files.map((file) => file.name),
    name.file,
    name.repo,
  );
  const files = names.map((needed) => listing.files.find((file) => file.name === needed)!);
  const snapshot = snapshotFolder(folder, listing.commit);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  for (const file of files) {
    const blob = blobPath(folder, file.hash.hex);
    const report = (loaded: number) =>
      options.onProgress?.({
        file: file.name,
        loaded,
        total: file.size,
        all: { loaded: before + loaded, total },
      });
    if ((await sizeOf(blob)) !== file.size) {
      const place = `${access.endpoint}/${name.repo}/resolve/${listing.commit}/${file.name.split('/').map(encodeURIComponent).join('/')}`;
      await download(new URL(place), file, blob, access, report);
    }
    report(file.size);
    await linkBlob(blob, snapshot, file.name);
    before += file.size;
  }
  await noteCommit(folder, name.revision, listing.commit);
  return { folder: snapshot, files: names, bytes: total };
}

/** What was fetched before. */
async function fromCache(name: HubName, folder: string): Promise<PulledModel> {
  const commit = await knownCommit(folder, name.revision);
  const snapshot = commit && snapshotFolder(folder, commit);
  const there = snapshot ? await snapshotFiles(snapshot) : [];
  require(snapshot && there.length > 0, CheckpointError, () => ({
    wrong: `${name.repo} (${name.revision}) is not in ${hubCacheFolder()}, and nothing is fetched offline.`,
    expected: 'a model that was fetched before.',
    remedy: 'go online and unset HF_HUB_OFFLINE, or set HF_HOME to where it is kept.',
  }));
  const files = neededFiles(there, name.file, name.repo);
  const sizes = await Promise.all(files.map((file) => sizeOf(path.join(snapshot, file))));
  return { folder: snapshot, files, bytes: sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0) };
}

/** The source of a model of the Hub, all of it on the disk. */
export async function hubSource(name: HubName, options: LoadOptions): Promise<ModelSource> {
  const { folder, files } = await pullFromHub(name, {
    onProgress: ({ file, loaded, total }) => options.onProgress?.({ file, loaded, total }),
    signal: options.signal,
  });
  const gguf = files.find(isGguf);
  const find = async (file: string) =>
    files.includes(file) ? openFileIfAny(path.join(folder, file)) : undefined;
  return sourceOf(gguf ? `${name.repo}/${gguf}` : name.repo, gguf ? [gguf] : [], find, options);
}

const isOffline = () => /^(1|true|yes|on)$/i.test(process.env.HF_HUB_OFFLINE ?? '');

function hubAccess(signal: AbortSignal | undefined): HubAccess {
  const { HF_ENDPOINT, HF_TOKEN } = process.env;
  const endpoint = (HF_ENDPOINT || 'https://huggingface.co').replace(/\/+$/, '');
  return { endpoint, token: HF_TOKEN || undefined, signal };
}
