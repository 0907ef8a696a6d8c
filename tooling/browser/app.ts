/** Pages in Chromium that have packages of ours, bundled as for an app, from a local server. */
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright';
import { buildPage } from '../bundle/build.ts';
import { launchOptions } from './launch.ts';

export interface App {
  url: string;
  /** Someone's browser, with storage of its own. */
  visitor(): Promise<BrowserContext>;
  /** A page in which `work` can run, of an origin without storage where it is sandboxed. */
  open(visitor: BrowserContext, options?: { sandboxed: boolean }): Promise<Page>;
  close(): Promise<void>;
}

/**
 * @param answer answers what is no file of the app; a request that it leaves is answered with 404
 * @param args of Chromium, besides those of all tests
 */
export async function startApp(
  packages: readonly string[],
  answer: (request: IncomingMessage, response: ServerResponse) => boolean,
  args: readonly string[] = [],
): Promise<App> {
  const { folder, atOnce } = await buildPage(packages, { inWorkers: true });
  const imports = Object.fromEntries(
    packages.map((name) => [`@famjs/${name}`, `/${atOnce(name)[0]!.fileName}`]),
  );
  const html = `<!doctype html><script type="importmap">${JSON.stringify({ imports })}</script>`;
  const server = createServer(async (request, response) => {
    const { pathname, search } = new URL(request.url!, 'http://localhost');
    // A sandboxed page is of no origin, and a stranger to its own server.
    response.setHeader('access-control-allow-origin', '*');
    if (search === '?sandboxed') response.setHeader('content-security-policy', 'sandbox allow-scripts');
    if (pathname === '/') return response.setHeader('content-type', 'text/html').end(html);
    const asset = path.join(folder, pathname);
    if (existsSync(asset)) {
      const type = pathname.endsWith('.wasm') ? 'application/wasm' : 'text/javascript';
      return response.setHeader('content-type', type).end(await readFile(asset));
    }
    return answer(request, response) || response.writeHead(404).end();
  });
  const [browser] = await Promise.all([
    chromium.launch({ ...launchOptions, args: [...launchOptions.args!, ...args] }),
    once(server.listen(0, '127.0.0.1'), 'listening'),
  ]);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    url,
    visitor: () => browser.newContext(),
    async open(visitor, { sandboxed } = { sandboxed: false }) {
      const page = await visitor.newPage();
      page.setDefaultTimeout(0);
      await page.goto(sandboxed ? `${url}?sandboxed` : url);
      return page;
    },
    async close() {
      await browser.close();
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Runs statements in the page, in a function that may await and return: as text, since vitest would rewrite the imports of a function. */
export const work = <Result>(page: Page, statements: string): Promise<Result> =>
  page.evaluate<Result>(`(async () => { ${statements} })()`);
