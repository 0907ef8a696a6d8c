/** Visits to the playground by Chromium: what it complains of in the console is kept. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { gzipSync } from 'node:zlib';
import { type Browser, chromium, type Locator, type Page } from 'playwright';
import { preview } from 'vite';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { violationsIn } from '../../../tooling/browser/axe.ts';
import { launchOptions } from '../../../tooling/browser/launch.ts';
import { chromiumPath } from '../../../tooling/browser/machine.ts';
import { longestTask, mostChangedIn, notesWork, shiftsIn, watchTasks } from './main-thread.ts';

const configFile = join(import.meta.dirname, '../vite.config.ts');
const reports = join(import.meta.dirname, '../../../reports/playground');

/** Files of the backend wasm, by the names that the bundle gives them. */
const backendFiles = /backend-wasm/;

let starting: Promise<Omit<Place, 'browser'>> | undefined;

/** What `pnpm playground` builds and serves, once for all test files of this process, which takes it along when it ends. */
function started(): Promise<Omit<Place, 'browser'>> {
  starting ??= (async () => {
    const folder = join(reports, `built-${process.env.VITEST_POOL_ID}`);
    // Vitest's own NODE_ENV would leave the service worker out.
    const { NODE_ENV: _, VITEST: __, ...env } = process.env;
    const command = ['--import', 'tsx', join(import.meta.dirname, '../serve.ts'), '--folder', folder];
    const stdio = ['ignore', 'pipe', 'inherit', 'ipc'] as const;
    const server = spawn(process.execPath, [...command, '--port', '0'], { env, stdio: [...stdio] });
    for await (const line of createInterface({ input: server.stdout! })) {
      const url = /http:\/\/\S+/.exec(line)?.[0];
      if (url) return { url, folder };
    }
    throw new Error('No address was printed.');
  })();
  return starting;
}

/** A server of a folder that was built, with its policy. */
export async function served(folder: string): Promise<{ url: string; close(): Promise<void> }> {
  const options = { configFile, build: { outDir: folder }, preview: { port: 0 } };
  const server = await preview({ ...options, logLevel: 'error' });
  return { url: server.resolvedUrls!.local[0]!, close: () => server.close() };
}

/** Milliseconds to wait for anything, on a machine that others keep busy. */
export const PATIENCE = 900_000;

/** Nodes that a task may make or change, so that the page answers at once. */
const MOST_CHANGED = 1000;

/** Whether tasks are timed too: only a machine that nobody else uses can tell. */
const timesTasks = process.env.FAMJS_TASKS === '1';

/** Milliseconds of the processor that a task may take. */
const LONGEST = 50;

/** A browser, and the address of the playground. */
export interface Place {
  browser: Browser;
  url: string;
  /** Where it was built. */
  folder: string;
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
    let place: Place;
    beforeAll(async () => {
      place = { ...(await started()), browser: await chromium.launch(launchOptions) };
    }, PATIENCE);
    afterAll(() => place?.browser.close(), PATIENCE);
    suite(() => place);
  });
}

export interface Visitor extends AsyncDisposable {
  page: Page;
  /** Errors and warnings of the console, pages and workers alike, and files that did not arrive. */
  complaints: string[];
  /**
   * Looks at the page as it is, light and dark, wide and narrow: writes pictures of it to `reports/playground`.
   *
   * @returns what is not right: what moved since the last look, tasks that changed too much of the page (and, where `FAMJS_TASKS=1`,
   * kept the processor for over 50 ms), what axe finds, and widths that are too much for 360 pixels
   */
  look(name: string): Promise<string[]>;
  /** Opens every table; what moves by that was asked for. */
  openTables(): Promise<void>;
  /** Bytes that came for the first view, compressed: scripts without the backend, the backend, the model with FAM. */
  downloaded(): { scripts: number; backend: number; model: number };
}

interface Habits {
  width?: number;
  /** Wants less motion. */
  still?: boolean;
  /** Has a screen that feels fingers. */
  touch?: boolean;
  /** Keeps what a visit needs, as its service worker does: each file is fetched once more for that. */
  keeps?: boolean;
}

/** @param damage changes bytes of files on their way, by patterns of addresses */
export async function visit(
  { browser, url, folder }: Place,
  hash: string,
  damage: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {},
  { width = 1180, still = false, touch = false, keeps = false }: Habits = {},
): Promise<Visitor> {
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    reducedMotion: still ? 'reduce' : 'no-preference',
    hasTouch: touch,
    serviceWorkers: keeps ? 'allow' : 'block',
  });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const complaints: string[] = [];
  const fetched = new Map<string, number>();
  page.on('console', (message) => {
    const blocked = !keeps && message.text().includes('registration blocked by Playwright');
    if (['error', 'warning'].includes(message.type()) && !blocked) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText;
    // What leaving a view stops did not fail, and whether anything was still on its way is a matter of pace.
    if (reason !== 'net::ERR_ABORTED') complaints.push(`${request.url()}: ${reason}`);
  });
  page.on('response', (response) => {
    const file = new URL(response.url()).pathname.slice(1);
    const sent = join(folder, file || 'index.html');
    if (existsSync(sent)) fetched.set(file, gzipSync(readFileSync(sent)).length);
  });
  for (const [pattern, change] of Object.entries(damage)) {
    await context.route(pattern, async (route) => {
      const response = await route.fetch({ timeout: PATIENCE });
      await route.fulfill({ response, body: change(await response.body()) });
    });
  }
  await context.addInitScript(notesWork);
  if (timesTasks) await watchTasks(browser, page);
  await page.goto(`${url}${hash}`);
  const sizeOf = (kind: RegExp) =>
    [...fetched].filter(([file]) => kind.test(file)).reduce((sum, [, size]) => sum + size, 0);
  return {
    ...{ page, complaints },
    async look(name) {
      const found = (await shiftsIn(page)).map((shift) => `moved: ${shift}`);
      const changed = await mostChangedIn(page);
      if (changed > MOST_CHANGED) found.push(`a task that changed ${changed} nodes`);
      if (timesTasks) {
        const longest = await longestTask(browser);
        console.log(
          `${name}: the longest task took ${longest.toFixed(0)} ms, the largest changed ${changed} nodes`,
        );
        if (longest > LONGEST) found.push(`a task of ${longest.toFixed(0)} ms`);
      }
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        for (const size of [width, 360]) {
          await page.setViewportSize({ width: size, height: 900 });
          const path = join(reports, `${name}-${colorScheme}-${size}.png`);
          await page.screenshot({ path, fullPage: true });
          const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          if (excess > 0) found.push(`${excess} pixels too wide for ${size}`);
        }
        found.push(...(await violationsIn(page)));
      }
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize({ width, height: 900 });
      await shiftsIn(page);
      await mostChangedIn(page);
      if (timesTasks) await watchTasks(browser, page);
      return found;
    },
    async openTables() {
      for (const table of await page.getByText('Table', { exact: true }).all()) await table.click();
      await page.waitForFunction(() => !document.querySelector('details.chart-table:not(:has(table))'));
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn))));
      await shiftsIn(page);
    },
    downloaded() {
      const backend = sizeOf(backendFiles);
      return { scripts: sizeOf(/\.js$/) - backend, backend, model: sizeOf(/passkey-fam/) };
    },
    async [Symbol.asyncDispose]() {
      if (timesTasks) await browser.stopTracing();
      await context.close();
    },
  };
}

/**
 * Waits until words and their part of the picture have lit each other up: by pointer, and by keyboard.
 *
 * @param inside what of the part has the keyboard, where anything has
 */
export async function lightEachOther(
  page: Page,
  words: string,
  part: string,
  inside?: Locator,
): Promise<void> {
  const term = page.getByRole('link', { name: words });
  const [lit, shown] = [page.locator('a.pointed'), page.locator(`[data-part="${part}"]`).first()];
  const pointed = page.locator(`[data-part="${part}"].pointed`).first();
  for (const [light, end, seen] of [
    [() => term.hover(), () => page.getByRole('heading', { level: 1 }).hover(), pointed],
    [
      () => shown.hover(),
      () => page.getByRole('heading', { level: 1 }).hover(),
      lit.filter({ hasText: words }),
    ],
    [() => term.focus(), () => term.blur(), pointed],
    ...(inside ? [[() => inside.focus(), () => inside.blur(), lit.filter({ hasText: words })] as const] : []),
  ] as const) {
    await light();
    await seen.waitFor();
    await end();
    await page.locator('.pointed').first().waitFor({ state: 'detached' });
  }
}

/** Asks the GPU of the page's worker for what no GPU does. */
export async function overtaxDevice(page: Page): Promise<void> {
  const [worker] = page.workers();
  await worker!.evaluate(() => {
    type Gpu = { device: GPUDevice };
    const { backend } = (globalThis as unknown as { _tfengine: { backend: Gpu } })._tfengine;
    backend.device.createBuffer({ size: 4, usage: 0 });
  });
}

/** Takes the GPU away from the page's worker, as a driver that is reset does. */
export async function loseDevice(page: Page): Promise<void> {
  const [worker] = page.workers();
  await worker!.evaluate(() => {
    type Gpu = { device?: GPUDevice; gpgpu?: { gl: WebGL2RenderingContext } };
    const { backend } = (globalThis as unknown as { _tfengine: { backend: Gpu } })._tfengine;
    backend.device?.destroy();
    backend.gpgpu?.gl.getExtension('WEBGL_lose_context')?.loseContext();
  });
}
