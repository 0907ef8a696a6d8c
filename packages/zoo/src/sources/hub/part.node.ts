/** A file of a disk that is coming in: under the name of the process that writes it, put in its place when it is whole. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { codeOf, storageError } from '../disk.ts';
import type { PartialFile } from '../download.ts';
import { gitHead } from '../hash.ts';

/** A part that nobody has written to for so many milliseconds was left behind, whoever wrote it. */
const abandoned = 10 * 60_000;

/**
 * The part of `file`, whose folder is made if need be: what another process left behind, or a new one.
 *
 * @throws StorageError, of which each call of it too, when it cannot be written
 */
export async function openPart(file: string): Promise<PartialFile> {
  const stored = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (cause) {
      throw storageError(file, cause);
    }
  };
  await stored(() => mkdir(path.dirname(file), { recursive: true }));
  const part = await stored(() => claimPart(file));
  const handle = await stored(() => open(part, 'a')).catch((error) => {
    writing.delete(path.basename(part));
    throw error;
  });
  let { size } = await handle.stat();
  return {
    get size() {
      return size;
    },
    async append(bytes) {
      await stored(() => handle.appendFile(bytes));
      size += bytes.length;
    },
    async clear() {
      await stored(() => handle.truncate(0));
      size = 0;
    },
    async digest(kind, signal) {
      const digest = createHash(kind === 'git' ? 'sha1' : 'sha256');
      if (kind === 'git') digest.update(gitHead(size));
      for await (const bytes of createReadStream(part, { highWaterMark: 1 << 20, signal }))
        digest.update(bytes);
      return digest.digest('hex');
    },
    finish: () =>
      stored(async () => {
        await handle.sync();
        await rename(part, file);
      }),
    async release() {
      await handle.close();
      writing.delete(path.basename(part));
    },
  };
}

/** Parts that this process is writing. */
const writing = new Set<string>();

/** Names of the parts of a file that are in its folder. */
export async function partsOf(file: string): Promise<string[]> {
  const start = `${path.basename(file)}.`;
  const names = await readdir(path.dirname(file)).catch(() => []);
  return names.filter((name) => name.startsWith(start) && name.endsWith('.incomplete'));
}

/** The file that a download goes into: what another one left behind, or a new one. Its name says which process writes it. */
async function claimPart(file: string): Promise<string> {
  const own = `${file}.${hostname()}.${process.pid}.${randomUUID()}.incomplete`;
  writing.add(path.basename(own));
  for (const name of await partsOf(file)) {
    const left = path.join(path.dirname(file), name);
    const there = await stat(left).catch(() => undefined);
    const free = there && (hasNoWriter(name, path.basename(file)) || Date.now() - there.mtimeMs > abandoned);
    // Of two that want it, one finds it gone.
    if (free && (await renamed(left, own))) return own;
  }
  return own;
}

const renamed = (from: string, to: string): Promise<boolean> =>
  rename(from, to).then(
    () => true,
    () => false,
  );

/** Whether the process that a part's name tells of is known to write it no more. */
function hasNoWriter(name: string, of: string): boolean {
  const [, host, id] = /^(.*)\.(\d+)\.[\w-]+\.incomplete$/.exec(name.slice(of.length + 1)) ?? [];
  if (host !== hostname()) return false;
  if (Number(id) === process.pid) return !writing.has(name);
  try {
    process.kill(Number(id), 0);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}
