/** One file that comes in from a server: gone on with where it was broken off, whole only when it has its size and hash. */
import { CheckpointError, FamError, require } from '@famjs/backends';
import type { Hash } from './hash.ts';
import { answerOf, brokenOff, discard, totalOf } from './http.ts';
import { pause, pauseBefore, tries } from './patience.ts';

/** A file that is coming in, written by nobody else meanwhile. */
export interface PartialFile {
  /** Bytes that are there. */
  readonly size: number;
  append(bytes: Uint8Array): Promise<void>;
  /** Begins anew. */
  clear(): Promise<void>;
  /** The hash of what is there. */
  digest(kind: Hash['kind'], signal: AbortSignal | undefined): Promise<string>;
  /** Makes it a whole one, which is found from then on. */
  finish(): Promise<void>;
  /** Leaves it, with what is there, to whoever goes on with it. */
  release(): Promise<void>;
}

/** What is known of a file before it comes. */
export interface Announced {
  name: string;
  url: URL;
  /** Bytes. */
  size: number;
  /** Without one its size must do. */
  hash?: Hash | undefined;
  /** Whose word the size and hash are. */
  announcer: string;
}

/** The server's answer to a request with these headers. */
export type Request = (headers: Readonly<Record<string, string>>) => Promise<Response>;

/**
 * Makes `part` the whole file, and lets go of it.
 *
 * @param onBytes told how much of it is there
 * @throws CheckpointError when the server refuses, breaks off for good, or sends something else than was announced
 * @throws StorageError when it cannot be written
 */
export async function download(
  file: Announced,
  part: PartialFile,
  request: Request,
  signal: AbortSignal | undefined,
  onBytes: (loaded: number) => void,
): Promise<void> {
  try {
    for (let attempt = 1; ; attempt++) {
      await receive(file, part, request, signal, onBytes);
      if (!file.hash || (await part.digest(file.hash.kind, signal)) === file.hash.hex) break;
      // Some of it may come from an earlier try that went wrong: once more from the beginning.
      await part.clear();
      require(attempt < 2, CheckpointError, () => ({
        wrong: `${file.url} has not the hash that ${file.announcer} has for ${file.name}.`,
        expected: `content with the ${file.hash!.kind === 'git' ? 'git hash' : 'SHA-256'} ${file.hash!.hex}.`,
        remedy: changing(file),
      }));
    }
    await part.finish();
  } finally {
    await part.release();
  }
}

/** Appends to a part what is missing of the file. */
async function receive(
  { url, size, ...file }: Announced,
  part: PartialFile,
  request: Request,
  signal: AbortSignal | undefined,
  onBytes: (loaded: number) => void,
): Promise<void> {
  if (part.size > size) await part.clear();
  let furthest = part.size;
  for (let failures = 0; part.size !== size; ) {
    onBytes(part.size);
    try {
      const response = await request(part.size > 0 ? { range: `bytes=${part.size}-` } : {});
      if (response.status === 206) await requireStart(response, part.size, size);
      else await part.clear();
      const reader = response.body!.getReader();
      try {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) break;
          require(part.size + value.length <= size, CheckpointError, () => ({
            wrong: `${url} goes on after its ${size} bytes.`,
            expected: `the ${size} bytes that ${file.announcer} has for ${file.name}.`,
            remedy: changing(file),
          }));
          await part.append(value);
          onBytes(part.size);
        }
      } finally {
        await reader.cancel().catch(() => {});
      }
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof FamError) throw error;
      if (part.size <= furthest && failures + 1 === tries) throw brokenOff(url.href, error, signal);
    }
    if (part.size === size) return;
    failures = part.size > furthest ? 0 : failures + 1;
    furthest = Math.max(furthest, part.size);
    require(failures < tries, CheckpointError, () => ({
      wrong: `${url} ends after ${part.size} of ${size} bytes, again and again.`,
      expected: 'the whole file.',
      remedy: 'try again later: what is here already is kept.',
    }));
    await pause(pauseBefore(failures + 1), signal);
  }
}

/** @throws CheckpointError when an answer with a part of the file is not what comes from `at` on */
async function requireStart(response: Response, at: number, size: number): Promise<void> {
  const fits = totalOf(answerOf(response), at) === size;
  if (!fits) await discard(response);
  require(fits, CheckpointError, () => ({
    wrong: `${response.url} was asked for the bytes from ${at} on and answered with "${response.headers.get('content-range')}".`,
    expected: `bytes ${at}-${size - 1}/${size}.`,
    remedy: 'try again later; something between here and the server answers in its place.',
  }));
}

const changing = ({ announcer }: Pick<Announced, 'announcer'>) =>
  `try again later; if it stays so, something between here and ${announcer} changes files.`;
