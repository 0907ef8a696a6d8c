/** Files behind a URL, from servers that may answer a missing file with a page, break off, or ask who is there. */
import { CheckpointError, require } from '@famjs/backends';
import type { LoadOptions, LoadProgress, ModelSource } from './source.ts';

/**
 * The files that lie beside each other below `base`. A page in HTML is no file of a model: servers of single-page apps
 * answer with one, and status 200, whatever they do not have.
 *
 * @param base with or without the slash at its end; a query is kept for every file
 */
export function urlSource(base: string | URL, options: LoadOptions = {}): ModelSource {
  const folder = new URL(base, globalThis.location?.href);
  if (!folder.pathname.endsWith('/')) folder.pathname += '/';
  const place = String(base).replace(/\/$/, '');
  return {
    place,
    async read(name) {
      const url = new URL(name, folder);
      url.search = folder.search;
      const response = await answer(url, options.signal);
      if (response.status === 404 || response.status === 410) return undefined;
      require(response.ok, CheckpointError, () => ({
        wrong: `${url} was answered with ${response.status} ${response.statusText}.`.replace(' .', '.'),
        expected: 'the file, or 404 when there is none.',
        remedy: remedies[response.status] ?? 'try again later, or fetch the model from elsewhere.',
      }));
      if (/^text\/html\b/i.test(response.headers.get('content-type') ?? '')) return undefined;
      const bytes = await received(response, name, options);
      return looksLikePage(bytes) ? undefined : bytes;
    },
  };
}

const remedies: Record<number, string> = {
  401: 'sign in, or use a URL that carries its permission.',
  403: 'ask the owner for access, or use a URL that carries its permission.',
  429: 'wait, then try again: the server is asked too often.',
};

async function answer(url: URL, signal: AbortSignal | undefined): Promise<Response> {
  try {
    return await fetch(url, { ...(signal && { signal }) });
  } catch (cause) {
    throw brokenOff(url.href, cause, signal);
  }
}

/** The body, whole. */
async function received(
  response: Response,
  file: string,
  { onProgress, signal }: LoadOptions,
): Promise<Uint8Array> {
  // With an encoding the length is that of what is sent, not of the file.
  const promised = response.headers.has('content-encoding') ? null : response.headers.get('content-length');
  const total = promised === null ? undefined : Number(promised);
  const parts: Uint8Array[] = [];
  let loaded = 0;
  const report = (progress: LoadProgress) => onProgress?.(progress);
  try {
    for (const reader = response.body!.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      loaded += value.length;
      report({ file, loaded, total });
    }
  } catch (cause) {
    throw brokenOff(response.url, cause, signal);
  }
  require(total === undefined || loaded === total, CheckpointError, () => ({
    wrong: `${response.url} ended after ${loaded} of ${total} bytes.`,
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
function looksLikePage(bytes: Uint8Array): boolean {
  const start = new TextDecoder().decode(bytes.subarray(0, 100));
  return /^\s*<(!doctype html|html)\b/i.test(start);
}

function brokenOff(url: string, cause: unknown, signal: AbortSignal | undefined): unknown {
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
