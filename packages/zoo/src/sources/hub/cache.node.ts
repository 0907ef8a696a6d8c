/**
 * Where the Hub's files are kept on a disk, laid out as Python's `huggingface_hub` lays them out, which finds them there too:
 * `blobs/` by hash, `snapshots/<commit>/` with a link to a blob for every file, `refs/<revision>` with the commit that it was.
 */

import { randomUUID } from 'node:crypto';
import {
  copyFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { openFileIfAny } from '../disk.ts';
import type { HubCache } from './hub.ts';
import type { HubName } from './name.ts';
import { openPart, partsOf } from './part.node.ts';

/** The folder of all repositories, which HF_HUB_CACHE or HF_HOME may move. */
export function hubCacheFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const caches = env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
  return env.HF_HUB_CACHE || path.join(env.HF_HOME || path.join(caches, 'huggingface'), 'hub');
}

const repoFolder = ({ repo, kind }: HubName): string =>
  path.join(hubCacheFolder(), `${kind === 'data' ? 'datasets' : 'models'}--${repo.replaceAll('/', '--')}`);

/** What of a model is in the cache, and where the rest goes. */
export interface DiskCache extends HubCache {
  /** The folder in which the files lie that were noted or are known. */
  folder(): string;
}

export function diskCache(name: HubName): DiskCache {
  const { revision } = name;
  const folder = repoFolder(name);
  const blobOf = (hash: string) => path.join(folder, 'blobs', hash);
  let snapshot = folder;
  const enter = (commit: string) => {
    snapshot = path.join(folder, 'snapshots', commit);
  };
  return {
    place: hubCacheFolder(),
    folder: () => snapshot,
    async room() {
      const parent = await firstThere(folder);
      const { bavail, bsize } = await statfs(parent);
      return bavail * bsize;
    },
    async missing({ size, hash }) {
      const blob = blobOf(hash.hex);
      if ((await sizeOf(blob)) === size) return 0;
      const parts = await partsOf(blob);
      const sizes = await Promise.all(parts.map((part) => sizeOf(path.join(path.dirname(blob), part))));
      // What is all there may still turn out to be damaged.
      return Math.max(1, size - Math.max(0, ...sizes.map((bytes) => bytes ?? 0)));
    },
    begin: ({ hash }) => openPart(blobOf(hash.hex)),
    async note(commit, files) {
      enter(commit);
      for (const { name, hash } of files) await linkBlob(blobOf(hash.hex), snapshot, name);
      await noteCommit(folder, revision, commit);
    },
    async known() {
      const commit = await knownCommit(folder, revision);
      if (!commit) return new Map();
      enter(commit);
      const names = await snapshotFiles(snapshot);
      const sizes = await Promise.all(names.map((name) => sizeOf(path.join(snapshot, name))));
      return new Map(names.map((name, i) => [name, sizes[i] ?? 0]));
    },
    open: (name) => openFileIfAny(path.join(snapshot, name)),
  };
}

/** The folder itself, or the nearest above it that is there. */
async function firstThere(folder: string): Promise<string> {
  const there = await stat(folder).catch(() => undefined);
  return there ? folder : firstThere(path.dirname(folder));
}

/** The commit that a revision was when it was last asked for; undefined when it never was. */
async function knownCommit(folder: string, revision: string): Promise<string | undefined> {
  if (/^[0-9a-f]{40}$/.test(revision)) return revision;
  const text = await readFile(path.join(folder, 'refs', revision), 'utf8').catch(() => '');
  return /^[0-9a-f]{40}$/.test(text.trim()) ? text.trim() : undefined;
}

/** Notes which commit a revision is. */
async function noteCommit(folder: string, revision: string, commit: string): Promise<void> {
  if (revision === commit) return;
  const file = path.join(folder, 'refs', revision);
  await mkdir(path.dirname(file), { recursive: true });
  const draft = `${file}.${randomUUID()}.tmp`;
  await writeFile(draft, commit);
  await rename(draft, file);
}

/** Names of the files of a commit that are here, below each other by `/`. */
async function snapshotFiles(snapshot: string): Promise<string[]> {
  const entries = await readdir(snapshot, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => !entry.isDirectory());
  return files.map((entry) =>
    path.relative(snapshot, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'),
  );
}

/**
 * Puts a blob into a snapshot under its name, in place of a link to a blob that is gone: by a link, or where the system has none,
 * by a copy. Whoever reads meanwhile finds it before or after.
 */
async function linkBlob(blob: string, snapshot: string, name: string): Promise<void> {
  const file = path.join(snapshot, name);
  if ((await sizeOf(file)) !== undefined) return;
  await mkdir(path.dirname(file), { recursive: true });
  const draft = `${file}.${randomUUID()}.tmp`;
  await symlink(path.relative(path.dirname(file), blob), draft).catch(() => copyFile(blob, draft));
  await rename(draft, file);
}

/** Bytes of a file, which may be behind a link; undefined when there is none. */
async function sizeOf(file: string): Promise<number | undefined> {
  return (await stat(file).catch(() => undefined))?.size;
}

export interface CachedRepo {
  /** owner/name of a model, datasets/owner/name of a dataset. */
  repo: string;
  folder: string;
  /** Of all that is kept of it. */
  bytes: number;
  /** Whether a download was broken off and can be resumed. */
  unfinished: boolean;
}

/** The models and datasets that are kept, by name. */
export async function cachedRepos(cache = hubCacheFolder()): Promise<CachedRepo[]> {
  const names = await readdir(cache).catch(() => []);
  const repos: CachedRepo[] = [];
  for (const name of names.filter((name) => /^(model|dataset)s--/.test(name)).sort()) {
    const [kind, ...parts] = name.split('--');
    const folder = path.join(cache, name);
    const blobs = await readdir(path.join(folder, 'blobs')).catch(() => []);
    const sizes = await Promise.all(blobs.map((blob) => sizeOf(path.join(folder, 'blobs', blob))));
    repos.push({
      repo: (kind === 'datasets' ? [kind, ...parts] : parts).join('/'),
      folder,
      bytes: sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0),
      unfinished: blobs.some((blob) => blob.endsWith('.incomplete')),
    });
  }
  return repos;
}

/** Forgets a model or a dataset. @returns what there was of it, or undefined when there was nothing */
export async function removeCachedRepo(
  repo: string,
  cache = hubCacheFolder(),
): Promise<CachedRepo | undefined> {
  const kept = (await cachedRepos(cache)).find((cached) => cached.repo === repo);
  if (kept) await rm(kept.folder, { recursive: true });
  return kept;
}
