/**
 * Where the Hub's files are kept on a disk, laid out as Python's `huggingface_hub` lays them out, which finds them there too:
 * `blobs/` by hash, `snapshots/<commit>/` with a link to a blob for every file, `refs/<revision>` with the commit that it was.
 */

import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { codeOf } from '../disk.ts';

/** The folder of all repositories, which HF_HUB_CACHE or HF_HOME may move. */
export function hubCacheFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const caches = env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
  return env.HF_HUB_CACHE || path.join(env.HF_HOME || path.join(caches, 'huggingface'), 'hub');
}

export const repoFolder = (repo: string, cache = hubCacheFolder()): string =>
  path.join(cache, `models--${repo.replaceAll('/', '--')}`);

export const blobPath = (folder: string, hash: string): string => path.join(folder, 'blobs', hash);

export const snapshotFolder = (folder: string, commit: string): string =>
  path.join(folder, 'snapshots', commit);

/** The commit that a revision was when it was last asked for; undefined when it never was. */
export async function knownCommit(folder: string, revision: string): Promise<string | undefined> {
  if (/^[0-9a-f]{40}$/.test(revision)) return revision;
  const text = await readFile(path.join(folder, 'refs', revision), 'utf8').catch(() => '');
  return /^[0-9a-f]{40}$/.test(text.trim()) ? text.trim() : undefined;
}

/** Notes which commit a revision is. */
export async function noteCommit(folder: string, revision: string, commit: string): Promise<void> {
  if (revision === commit) return;
  const file = path.join(folder, 'refs', revision);
  await mkdir(path.dirname(file), { recursive: true });
  const draft = `${file}.${randomUUID()}.tmp`;
  await writeFile(draft, commit);
  await rename(draft, file);
}

/** Names of the files of a commit that are here, below each other by `/`. */
export async function snapshotFiles(snapshot: string): Promise<string[]> {
  const entries = await readdir(snapshot, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => !entry.isDirectory());
  return files.map((entry) =>
    path.relative(snapshot, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'),
  );
}

/** Puts a blob into a snapshot under its name: by a link, or where the system has none, by a copy. */
export async function linkBlob(blob: string, snapshot: string, name: string): Promise<void> {
  const file = path.join(snapshot, name);
  if ((await sizeOf(file)) !== undefined) return;
  await mkdir(path.dirname(file), { recursive: true });
  await rm(file, { force: true }); // A link to a blob that is gone.
  try {
    await symlink(path.relative(path.dirname(file), blob), file);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return; // Another process was faster.
    const draft = `${file}.${randomUUID()}.tmp`;
    await copyFile(blob, draft);
    await rename(draft, file);
  }
}

/** Bytes of a file, which may be behind a link; undefined when there is none. */
export async function sizeOf(file: string): Promise<number | undefined> {
  return (await stat(file).catch(() => undefined))?.size;
}

export interface CachedRepo {
  /** owner/name */
  repo: string;
  folder: string;
  /** Of all that is kept of it. */
  bytes: number;
  /** Whether a download was broken off and can be resumed. */
  unfinished: boolean;
}

/** The models that are kept, by name. */
export async function cachedRepos(cache = hubCacheFolder()): Promise<CachedRepo[]> {
  const names = await readdir(cache).catch(() => []);
  const repos: CachedRepo[] = [];
  for (const name of names.filter((name) => name.startsWith('models--')).sort()) {
    const folder = path.join(cache, name);
    const blobs = await readdir(path.join(folder, 'blobs')).catch(() => []);
    const sizes = await Promise.all(blobs.map((blob) => sizeOf(path.join(folder, 'blobs', blob))));
    repos.push({
      repo: name.split('--').slice(1).join('/'),
      folder,
      bytes: sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0),
      unfinished: blobs.some((blob) => blob.endsWith('.incomplete')),
    });
  }
  return repos;
}

/** Forgets a model. @returns what there was of it, or undefined when there was nothing */
export async function removeCachedRepo(
  repo: string,
  cache = hubCacheFolder(),
): Promise<CachedRepo | undefined> {
  const kept = (await cachedRepos(cache)).find((cached) => cached.repo === repo);
  if (kept) await rm(kept.folder, { recursive: true });
  return kept;
}
