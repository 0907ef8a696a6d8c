/** One file of the Hub onto the disk: resumed where it was broken off, put in its place only when it has its size and hash. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { CheckpointError, FamError, require } from '@famjs/backends';
import { codeOf, storageError } from '../disk.ts';
import { brokenOff, discard } from '../http.ts';
import type { HubFile } from './listing.ts';
import { type HubAccess, hubAnswer, pause, pauseBefore, tries } from './request.ts';

/** A part that nobody has written to for so many milliseconds was left behind, whoever wrote it. */
const abandoned = 10 * 60_000;

/**
 * Fetches `file` into `blob`, which is not there yet.
 *
 * @param onBytes told how much of it is there
 * @throws CheckpointError when the Hub refuses, breaks off for good, or sends something else than it announced
 * @throws StorageError when it cannot be written
 */
export async function download(
  url: URL,
  file: HubFile,
  blob: string,
  access: HubAccess,
  onBytes: (loaded: number) => void,
): Promise<void> {
  await stored(blob, () => mkdir(path.dirname(blob), { recursive: true }));
  const part = await stored(blob, () => claimPart(blob));
  try {
    for (let attempt = 1; ; attempt++) {
      await receive(url, file, part, access, onBytes);
      if ((await hashOf(part, file, access.signal)) === file.hash.hex) break;
      // Some of it may come from an earlier try that went wrong: once more from the beginning.
      await rm(part, { force: true });
      require(attempt < 2, CheckpointError, () => ({
        wrong: `${url} has not the hash that the Hub has for ${file.name}.`,
        expected: `content with the ${file.hash.kind === 'git' ? 'git hash' : 'SHA-256'} ${file.hash.hex}.`,
        remedy: 'try again later; if it stays so, something between here and the Hub changes files.',
      }));
    }
    await stored(blob, () => rename(part, blob));
  } finally {
    writing.delete(path.basename(part));
  }
}

/** Parts that this process is writing. */
const writing = new Set<string>();

/** The file that the download goes into: what another one left behind, or a new one. Its name says which process writes it. */
async function claimPart(blob: string): Promise<string> {
  const folder = path.dirname(blob);
  const own = `${blob}.${hostname()}.${process.pid}.${randomUUID()}.incomplete`;
  writing.add(path.basename(own));
  const start = `${path.basename(blob)}.`;
  const parts = (await readdir(folder)).filter(
    (name) => name.startsWith(start) && name.endsWith('.incomplete'),
  );
  for (const name of parts) {
    const left = path.join(folder, name);
    const there = await stat(left).catch(() => undefined);
    const free = there && (hasNoWriter(name, start) || Date.now() - there.mtimeMs > abandoned);
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
function hasNoWriter(name: string, start: string): boolean {
  const [, host, id] = /^(.*)\.(\d+)\.[\w-]+\.incomplete$/.exec(name.slice(start.length)) ?? [];
  if (host !== hostname()) return false;
  if (Number(id) === process.pid) return !writing.has(name);
  try {
    process.kill(Number(id), 0);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}

/** Appends to a part what is missing of the file. */
async function receive(
  url: URL,
  file: HubFile,
  part: string,
  access: HubAccess,
  onBytes: (loaded: number) => void,
): Promise<void> {
  const handle = await stored(part, () => open(part, 'a'));
  try {
    let at = (await handle.stat()).size;
    let furthest = at;
    for (let failures = 0; at !== file.size; ) {
      onBytes(at);
      try {
        const response = await hubAnswer(url, at > 0 ? { range: `bytes=${at}-` } : {}, access);
        at = await startOf(response, at, file, handle);
        for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
          requireFits(url, at + bytes.length, file);
          await stored(part, () => handle.appendFile(bytes));
          at += bytes.length;
          onBytes(at);
        }
      } catch (error) {
        if (access.signal?.aborted) throw access.signal.reason;
        if (error instanceof FamError) throw error;
        if (at <= furthest && failures + 1 === tries) throw brokenOff(url.href, error, access.signal);
      }
      if (at === file.size) break;
      failures = at > furthest ? 0 : failures + 1;
      furthest = Math.max(furthest, at);
      require(failures < tries, CheckpointError, () => ({
        wrong: `${url} ends after ${at} of ${file.size} bytes, again and again.`,
        expected: 'the whole file.',
        remedy: 'try again later: what is here already is kept.',
      }));
      await pause(pauseBefore(failures + 1), access.signal);
    }
    await stored(part, () => handle.sync());
  } finally {
    await handle.close();
  }
}

/** Where an answer begins; one that begins at the beginning makes the part begin anew. */
async function startOf(response: Response, at: number, file: HubFile, handle: FileHandle): Promise<number> {
  if (response.status !== 206) {
    await stored(file.name, () => handle.truncate(0));
    return 0;
  }
  const range = response.headers.get('content-range') ?? '';
  const fits = range === `bytes ${at}-${file.size - 1}/${file.size}`;
  if (!fits) await discard(response);
  require(fits, CheckpointError, () => ({
    wrong: `${response.url} was asked for the bytes from ${at} on and answered with "${range}".`,
    expected: `bytes ${at}-${file.size - 1}/${file.size}.`,
    remedy: 'try again later; something between here and the Hub answers in its place.',
  }));
  return at;
}

function requireFits(url: URL, size: number, file: HubFile): void {
  require(size <= file.size, CheckpointError, () => ({
    wrong: `${url} goes on after its ${file.size} bytes.`,
    expected: `the ${file.size} bytes that the Hub has for ${file.name}.`,
    remedy: 'try again later; if it stays so, something between here and the Hub changes files.',
  }));
}

/** The file's hash of the kind that the Hub has for it. */
async function hashOf(
  part: string,
  { hash, size }: HubFile,
  signal: AbortSignal | undefined,
): Promise<string> {
  const digest = createHash(hash.kind === 'git' ? 'sha1' : 'sha256');
  if (hash.kind === 'git') digest.update(`blob ${size}\0`);
  for await (const bytes of createReadStream(part, { highWaterMark: 1 << 20, signal })) digest.update(bytes);
  return digest.digest('hex');
}

async function stored<Result>(place: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw storageError(place, cause);
  }
}
