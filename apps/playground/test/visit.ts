/** Visits to the playground by Chromium: what it complains of in the console is kept. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright';
import { build, type PreviewServer, preview } from 'vite';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { launchOptions } from '../../../tooling/browser/launch.ts';
import { chromiumPath } from '../../../tooling/browser/machine.ts';

const configFile = join(import.meta.dirname, '../vite.config.ts');

/** Milliseconds to wait for anything, on a machine that others keep busy. */
const PATIENCE = 240_000;

/** A browser, and the address of the playground. */
export interface Place {
  browser: Browser;
  url: string;
}

/** Declares a suite for the built playground; skipped, with the reason, where there is no Chromium. */
export function describePlayground(title: string, suite: (place: () => Place) => void): void {
  if (!existsSync(chromiumPath)) {
    describe(title, () =>
      test.skip('skipped: no Chromium, which tooling/browser/setup.mjs installs', () => {}),
    );
    return;
  }
  describe(title, () => {
    let server: PreviewServer;
    let place: Place;
    beforeAll(async () => {
      await build({ configFile, logLevel: 'error' });
      server = await preview({ configFile, logLevel: 'error', preview: { port: 0 } });
      place = { browser: await chromium.launch(launchOptions), url: server.resolvedUrls!.local[0]! };
    }, PATIENCE);
    afterAll(async () => {
      await place?.browser.close();
      await server?.close();
    });
    suite(() => place);
  });
}

export interface Visitor extends AsyncDisposable {
  page: Page;
  /** Errors and warnings of the console, pages and workers alike, and files that did not arrive. */
  complaints: string[];
}

export async function visit({ browser, url }: Place, hash: string): Promise<Visitor> {
  const context = await browser.newContext({ viewport: { width: 1180, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
  await page.goto(`${url}${hash}`);
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}
