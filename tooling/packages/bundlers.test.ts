/** An app over the tarballs, built by Vite, webpack and esbuild, in a page, in its workers and on a server: one answer. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { launchOptions } from '../browser/launch.ts';
import { chromiumPath } from '../browser/machine.ts';
import {
  builtByEsbuild,
  builtByVite,
  builtByViteForServers,
  builtByWebpack,
  placeApp,
  type Served,
  viteDevServer,
} from './app.ts';
import { run } from './rehearsal.ts';
import { serve } from './serve.ts';

const { app, packages } = inject('installation');
const zoo = packages.find(({ name }) => name === '@famjs/zoo')!;
const folder = placeApp(app, join(zoo.source, 'models/passkey-fam'));
const right = 'wasm: 90817';

describe.skipIf(!existsSync(chromiumPath))('in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch(launchOptions);
  });
  afterAll(() => browser.close());

  test.each<[string, () => Promise<Served>, object]>([
    // The development server looks for no CommonJS behind a package's own worker.
    ['Vite, in development', () => viteDevServer(folder), { bundlesWorkers: false }],
    ['Vite', async () => serve(await builtByVite(folder)), {}],
    ['webpack', async () => serve(await builtByWebpack(folder)), {}],
    [
      'esbuild',
      async () => serve(await builtByEsbuild(folder)),
      { wasmFolder: '/wasm/', bundlesWorkers: false },
    ],
  ])('%s', async (_, open, options) => {
    const served = await open();
    const page = await browser.newPage();
    const failures: string[] = [];
    page.on('pageerror', ({ message }) => failures.push(message));
    page.on('response', (response) => {
      // A model need not have every file that a model may have.
      if (response.status() >= 400 && !response.url().includes('/model/'))
        failures.push(`${response.status()} ${response.url()}`);
    });
    try {
      await page.addInitScript((given) => Object.assign(globalThis, { options: given }), options);
      await page.goto(served.url);
      // Asked again where a development server loads the page anew, for it has found out what the app's workers need.
      const answers = () => page.evaluate('globalThis.answers?.()');
      const expected = { page: right, worker: right, zoo: right };
      await expect.poll(answers, { timeout: 120_000 }).toEqual(expected);
      expect(failures.filter((failure) => !failure.includes('favicon'))).toEqual([]);
    } finally {
      await page.close();
      await served.close();
    }
  });
});

test.each([
  ['Vite', () => builtByViteForServers(folder)],
  ['webpack', () => builtByWebpack(folder, 'node')],
])('on a server, by %s', async (_, build) => {
  const url = pathToFileURL(await build()).href;
  for (const where of ['thread', 'worker']) {
    const script = `import { render } from '${url}'; console.log(await render('passkey-fam', '${where}'));`;
    const html = await run(process.execPath, ['--input-type=module', '--eval', script], app);
    expect(html).toBe(`<p>${right}</p>\n`);
  }
});
