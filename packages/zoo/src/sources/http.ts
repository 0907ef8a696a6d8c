/** Answers of servers, which may be refusals, pages for people, or less than was promised. */
import { CheckpointError, require } from '@famjs/backends';
import type { LoadOptions } from './source.ts';

/** What can be known of a server's answer before its body is read. */
export interface Answer {
  response: Response;
  /** Bytes of the body; undefined where the server does not say, or sends something else than the file's own bytes. */
  length: number | undefined;
}

/**
 * Asks for a file, or by the method HEAD what it would be.
 *
 * @returns undefined when there is none, for which servers of single-page apps answer with a page
 * @throws CheckpointError when the server refuses or is not reached
 */
export async function ask(
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
  method = 'GET',
): Promise<Answer | undefined> {
  let response: Response;
  const asked = () => fetch(url, { method, headers, ...(signal && { signal }) });
  try {
    // A server may close a connection that was kept just when it is used again: once more, on a new one.
    response = await asked().catch(asked);
  } catch (cause) {
    throw brokenOff(url.href, cause, signal);
  }
  const isPage = /^text\/html\b/i.test(response.headers.get('content-type') ?? '');
  if (response.status === 404 || response.status === 410 || (response.ok && isPage)) {
    await discard(response);
    return undefined;
  }
  if (!response.ok) await discard(response);
  require(response.ok, CheckpointError, () => ({
    wrong: `${url} was answered with ${response.status} ${response.statusText}.`.replace(' .', '.'),
    expected: 'the file, or 404 when there is none.',
    remedy: remedies[response.status] ?? 'try again later, or fetch the model from elsewhere.',
  }));
  return answerOf(response);
}

/** With an encoding the length is that of what is sent, not of the file. */
export function answerOf(response: Response): Answer {
  const promised = response.headers.has('content-encoding') ? null : response.headers.get('content-length');
  return { response, length: promised === null ? undefined : Number(promised) };
}

const remedies: Record<number, string> = {
  401: 'sign in, or use a URL that carries its permission.',
  403: 'ask the owner for access, or use a URL that carries its permission.',
  429: 'wait, then try again: the server is asked too often.',
};

/** What tells one version of a file from another: its tag, unless that is weak and does not hold for bytes, or its date. */
export function markOf({ response: { headers } }: Answer): string | undefined {
  const tag = headers.get('etag');
  return tag?.startsWith('"') ? tag : (headers.get('last-modified') ?? undefined);
}

/** The size of the whole file by an answer that should begin at `start`; undefined when it does not say, or does not begin there. */
export function totalOf({ response, length }: Answer, start = 0): number | undefined {
  if (response.status !== 206) return start === 0 ? length : undefined;
  const range = response.headers.get('content-range');
  // Servers of other origins may not let pages see it.
  if (range === null) return length === undefined ? undefined : start + length;
  const [, from, to, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(range) ?? [];
  const fits = Number(from) === start && Number(to) === Number(total) - 1;
  return fits ? Number(total) : undefined;
}

/** Whether an error says that a server was not reached, rather than what it answered. */
export const isUnreached = (error: unknown): boolean =>
  error instanceof CheckpointError && error.cause !== undefined;

/**
 * The body, whole.
 *
 * @param requireSize told how much there is, and throws when that is too much
 */
export async function received(
  { response, length }: Answer,
  file: string,
  { onProgress, signal }: LoadOptions,
  requireSize: (bytes: number) => void = () => {},
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let loaded = 0;
  const reader = response.body!.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      loaded += value.length;
      requireSize(loaded);
      onProgress?.({ file, loaded, total: length });
    }
  } catch (cause) {
    reader.cancel().catch(() => {});
    throw cause instanceof CheckpointError ? cause : brokenOff(response.url, cause, signal);
  }
  require(length === undefined || loaded === length, CheckpointError, () => ({
    wrong: `${response.url} ended after ${loaded} of ${length} bytes.`,
    expected: 'the whole file.',
    remedy: 'try again; if it stays so, the file on the server is damaged.',
  }));
  return joined(parts, loaded);
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** What a page begins with, also where its server calls it something else. */
export function looksLikePage(bytes: Uint8Array): boolean {
  const start = new TextDecoder().decode(bytes.subarray(0, 100));
  return /^\s*<(!doctype html|html)\b/i.test(start);
}

/** Ends an answer whose body nobody reads, which would hold its connection. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {});
}

export function brokenOff(url: string, cause: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  return new CheckpointError(
    {
      wrong: `${url} does not arrive (${(cause as Error).message}).`,
      expected: 'a server that answers, and lets pages of this origin read (CORS).',
      remedy: 'check the address and the connection, then try again.',
    },
    { cause },
  );
}
