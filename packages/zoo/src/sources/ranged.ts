/**
 * A file behind a URL read in parts: over one answer for as long as reading goes on where it ended, over another from there when
 * the line breaks or another file was read in between. Servers that do not know ranges send the file from its beginning, of which
 * the part before is dropped.
 */
import { CheckpointError, require } from '@famjs/backends';
import { type Answer, ask, brokenOff, discard, looksLikePage, markOf, received, totalOf } from './http.ts';
import { bytesFile } from './in-hand.ts';
import type { LoadOptions, SourceFile } from './source.ts';

/** What comes in at some place of the file. */
interface Stream {
  reader: ReadableStreamDefaultReader<Uint8Array>;
  /** Of the first byte of `rest`. */
  at: number;
  rest: Uint8Array;
}

/** The one answer that may be coming in: browsers let a page have six from a server, and a seventh waits for ever. */
export interface Line {
  /** Ends what comes in. */
  close(): void;
}

/** How often a line may break without a new byte, and milliseconds before the first new try. */
const tries = 5;
const firstPause = 100;
/** Bytes that are rather dropped than asked around. */
const dropped = 1 << 20;

/**
 * @param line shared by files of which one is read at a time
 * @param headers sent with every request
 * @returns undefined when there is no such file
 * @throws CheckpointError when the server refuses, is not reached, or answers with something else than was asked for
 */
export async function openRanged(
  url: URL,
  name: string,
  options: LoadOptions,
  line: Line,
  headers: Readonly<Record<string, string>> = {},
): Promise<SourceFile | undefined> {
  const { onProgress, signal } = options;
  line.close();
  const first = await ask(url, { ...headers, range: 'bytes=0-' }, signal);
  if (!first) return undefined;
  const total = totalOf(first);
  if (total === undefined) {
    // Whoever does not say how long a file is cannot be asked for its parts.
    const bytes = await received(first, name, options);
    return looksLikePage(bytes) ? undefined : bytesFile(bytes);
  }
  const size = total;
  const mark = markOf(first);
  let stream: Stream | undefined = streamOf(first, 0);
  line.close = close;
  let furthest = 0;

  /** The next bytes that come in, at least one. */
  async function more(of: Stream): Promise<Uint8Array> {
    const { done, value } = await of.reader.read();
    if (done) throw new Error(`it ended after ${of.at} of ${size} bytes`);
    if (of.at + value.length > size) throw new Error(`it goes on after its ${size} bytes`);
    if (of.at + value.length > furthest) {
      furthest = of.at + value.length;
      onProgress?.({ file: name, loaded: furthest, total: size });
    }
    return value;
  }

  async function streamAt(at: number): Promise<Stream> {
    if (stream && stream.at <= at && at - stream.at <= dropped + stream.rest.length) return stream;
    line.close();
    line.close = close;
    // Where a server of another origin lets pages send `if-range` is not known; what it answers is compared in any case.
    const ifRange = mark && isOfOwnOrigin(url) && { 'if-range': mark };
    const ranges = { ...headers, range: `bytes=${at}-`, ...ifRange };
    const answer = await ask(url, ranges, signal);
    const start = answer?.response.status === 206 ? at : 0;
    const same = answer && totalOf(answer, start) === size && markOf(answer) === mark;
    if (answer && !same) await discard(answer.response);
    require(same, CheckpointError, () => ({
      wrong: `${url} is another file than it was, or is answered with other bytes than were asked for.`,
      expected: `the bytes from ${at} on of the ${size} bytes that it began with.`,
      remedy: 'load the model again; if it stays so, the server is at fault.',
    }));
    return streamOf(answer, start);
  }

  /** Copies what comes in at `at` and says how much it was; 0 when it is still before that place. */
  async function copyInto(target: Uint8Array, at: number): Promise<number> {
    stream = await streamAt(at);
    if (stream.rest.length === 0) stream.rest = await more(stream);
    const skipped = Math.min(at - stream.at, stream.rest.length);
    const part = stream.rest.subarray(skipped, skipped + target.length);
    target.set(part);
    stream.rest = stream.rest.subarray(skipped + part.length);
    stream.at += skipped + part.length;
    return part.length;
  }

  function close() {
    stream?.reader.cancel().catch(() => {});
    stream = undefined;
  }

  async function read(from: number, to: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(to - from);
    let failures = 0;
    for (let filled = 0; filled < bytes.length; ) {
      try {
        const copied = await copyInto(bytes.subarray(filled), from + filled);
        filled += copied;
        if (copied > 0) failures = 0;
      } catch (cause) {
        close();
        const lasting = cause instanceof CheckpointError && !(cause.cause instanceof Error);
        if (signal?.aborted || lasting || ++failures === tries)
          throw lasting ? cause : brokenOff(url.href, cause, signal);
        await new Promise((resolve) => setTimeout(resolve, firstPause * 2 ** (failures - 1)));
      }
    }
    if (to === size) close();
    return bytes;
  }

  if (size > 0) {
    stream.rest = await more(stream).catch((cause) => {
      close();
      throw brokenOff(url.href, cause, signal);
    });
  }
  if (looksLikePage(stream.rest)) {
    close();
    return undefined;
  }
  return { size, read };
}

function streamOf({ response }: Answer, at: number): Stream {
  return { reader: response.body!.getReader(), at, rest: new Uint8Array() };
}

/** Outside pages there are no origins. */
const isOfOwnOrigin = ({ origin }: URL) => !globalThis.location || origin === globalThis.location.origin;
