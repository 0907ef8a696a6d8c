/** A server that speaks the Hub's API for files in memory, and misbehaves when told to. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HubServer {
  endpoint: string;
  /** Requests so far, as "method path range". */
  asked: string[];
  /** Answers in place of the Hub, where it is set and does not leave the request to it. */
  instead: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  files: Record<string, Uint8Array>;
  /** 40 digits of what `main` is. */
  commit: string;
  close(): void;
}

const gitHash = (bytes: Uint8Array) =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** What is large is in LFS. */
const isLarge = (name: string) => /\.(safetensors|gguf)$/.test(name);

export async function startHub(
  repo: string,
  files: Record<string, Uint8Array>,
  kind: 'models' | 'datasets' = 'models',
): Promise<HubServer> {
  const below = kind === 'models' ? '' : `${kind}/`;
  const hub: HubServer = {
    endpoint: '',
    asked: [],
    instead: undefined,
    files,
    commit: 'c0ffee'.padEnd(40, '0'),
    close: () => server.close(),
  };
  const answer: RequestListener = (request, response): unknown => {
    const url = new URL(request.url!, hub.endpoint);
    hub.asked.push([request.method, url.pathname, request.headers.range].filter(Boolean).join(' '));
    // Pages of any origin may ask, as at the Hub.
    for (const what of ['allow-origin', 'allow-headers', 'expose-headers'])
      response.setHeader(`access-control-${what}`, '*');
    if (request.method === 'OPTIONS') return response.end();
    if (hub.instead?.(request, response)) return;
    const api = url.pathname.match(`^/api/${kind}/${repo}/revision/(.+)$`);
    if (api) {
      if (!['main', hub.commit].includes(decodeURIComponent(api[1]!))) {
        return response.writeHead(404, { 'x-error-code': 'RevisionNotFound' }).end();
      }
      const siblings = Object.entries(hub.files).map(([rfilename, bytes]) => ({
        rfilename,
        size: bytes.length,
        blobId: gitHash(bytes),
        ...(isLarge(rfilename) && { lfs: { sha256: sha256(bytes), size: bytes.length, pointerSize: 130 } }),
      }));
      return response.end(JSON.stringify({ id: repo, sha: hub.commit, siblings }));
    }
    const name = decodeURIComponent(url.pathname.replace(`/${below}${repo}/resolve/${hub.commit}/`, ''));
    const bytes = hub.files[name];
    if (bytes) return sendFile(bytes, request, response);
    const isKnown = url.pathname.startsWith(`/${repo}/resolve/${hub.commit}/`);
    const [status, code] = isKnown ? [404, 'EntryNotFound'] : [401, 'RepoNotFound'];
    return response.writeHead(status, { 'x-error-code': code }).end();
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  hub.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return hub;
}

/** All of a file, or the range that is asked for. */
export function sendFile(bytes: Uint8Array, request: IncomingMessage, response: ServerResponse): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? -1);
  const part = bytes.subarray(Math.max(0, from));
  const range = from >= 0 && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
  response.writeHead(range ? 206 : 200, { 'content-length': part.length, ...range });
  response.end(part);
}
