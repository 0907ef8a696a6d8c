/** A benchmark in a browser: the page is served to it, and its events come back. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BackendUnavailableError, type Complaint } from '@famjs/backends';
import type { BenchmarkEvent, BenchmarkOrder } from '../benchmarks.ts';
import { type BrowserOptions, openBrowser, requireBrowser } from './browser.ts';
import { bundlePage, type Files } from './bundle.ts';

export type { BrowserOptions } from './browser.ts';

/** What the page sends. */
export type PageEvent =
  | BenchmarkEvent
  | { type: 'end' }
  | { type: 'failure'; message: string; complaint?: Complaint };

/**
 * Runs a benchmark in a browser that is started for it and closed after it.
 *
 * @throws BackendUnavailableError when the page or the browser does not start, the browser ends early, or the backend is
 *   not there; Error with the page's stack for anything else that fails in it
 */
export async function* runInBrowser(
  order: BenchmarkOrder,
  options: BrowserOptions,
  say: (line: string) => void,
): AsyncGenerator<BenchmarkEvent> {
  requireBrowser(options);
  say('building the page');
  const events = queue<PageEvent>();
  const server = serve(await bundlePage(), order, events.put);
  try {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const browser = await openBrowser(url, options);
    void browser.closed.then(() =>
      events.put({ type: 'failure', message: 'the browser ended', complaint: endedEarly }),
    );
    try {
      for await (const event of events.all) {
        if (event.type === 'end') return;
        if (event.type === 'failure') throw failureOf(event);
        yield event;
      }
    } finally {
      browser.close();
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const endedEarly: Complaint = {
  wrong: 'The browser ended before the benchmark did.',
  expected: 'a browser that stays open until all is measured.',
  remedy: 'run it again; --window shows what happens.',
};

function failureOf({ message, complaint }: { message: string; complaint?: Complaint }): Error {
  return complaint ? new BackendUnavailableError(complaint) : new Error(`In the page: ${message}`);
}

function serve(files: Files, order: BenchmarkOrder, put: (event: PageEvent) => void): Server {
  return createServer(async (request: IncomingMessage, response: ServerResponse) => {
    if (request.url === '/event') {
      let body = '';
      for await (const chunk of request) body += chunk;
      put(JSON.parse(body));
      response.end();
      return;
    }
    const json = { type: 'application/json', body: JSON.stringify(order) };
    const file = request.url === '/order' ? json : files.get(request.url ?? '');
    response.writeHead(file ? 200 : 404, { 'content-type': file?.type ?? 'text/plain' });
    response.end(file?.body);
  });
}

/** Items put in at any time, to be taken out in order. */
function queue<Item>(): { put(item: Item): void; all: AsyncGenerator<Item> } {
  const items: Item[] = [];
  let wake = () => {};
  async function* all(): AsyncGenerator<Item> {
    for (;;) {
      while (items.length > 0) yield items.shift()!;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (items.length > 0) resolve();
      });
    }
  }
  const put = (item: Item) => {
    items.push(item);
    wake();
  };
  return { put, all: all() };
}
