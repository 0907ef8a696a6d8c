/** `pnpm site` builds a site that is whole, below any path, and that asks no other host for anything. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { violationsIn } from '../browser/axe.ts';
import { launchOptions } from '../browser/launch.ts';
import { chromiumPath } from '../browser/machine.ts';
import { repository, workspace } from './workspace.ts';

const base = '/some/where/';
const folder = mkdtempSync(join(tmpdir(), 'famjs-site-'));
let server: ChildProcess;
let address: URL;

/** Milliseconds to wait for anything, on a machine that others keep busy. */
const PATIENCE = 600_000;
vi.setConfig({ testTimeout: PATIENCE });

beforeAll(async () => {
  const { NODE_ENV: _, VITEST: __, ...env } = process.env;
  const args = ['tooling/site/serve.ts', '--base', base, '--folder', folder, '--port', '0'];
  server = spawn(process.execPath, ['--import', 'tsx', ...args], {
    cwd: workspace,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: server.stdout! })) {
    const printed = /http:\/\/\S+/.exec(line)?.[0];
    if (printed) {
      address = new URL(printed);
      return;
    }
  }
  throw new Error('No address was printed.');
}, PATIENCE);

afterAll(async () => {
  if (server.exitCode === null && server.kill()) await once(server, 'exit');
  rmSync(folder, { recursive: true, force: true });
});

const filesOf = (extension: string) =>
  readdirSync(folder, { encoding: 'utf8', recursive: true }).filter(
    (name) => name.endsWith(extension) && !name.startsWith('playground'),
  );
const textOf = (name: string) => readFileSync(join(folder, name), 'utf8');
const valuesOf = (html: string, attribute: string) =>
  Array.from(html.matchAll(new RegExp(`\\s${attribute}="([^"]*)"`, 'g')), ([, value]) => value!);

/** What a link of a page leads to: a file of the site, `page.html#anchor` or the address of another host. */
const targetOf = (link: string, page: string) => new URL(link, new URL(`${base}${page}`, 'http://site'));

/** Links that lead to nothing. */
function brokenLinks(): string[] {
  const anchors = new Map(filesOf('.html').map((page) => [page, new Set(valuesOf(textOf(page), 'id'))]));
  const leadsNowhere = (link: string, page: string) => {
    const { origin, pathname, hash, href } = targetOf(link.replaceAll('&amp;', '&'), page);
    if (href.startsWith(`${repository}/blob/main/`))
      return !existsSync(
        join(workspace, decodeURI(href.slice(`${repository}/blob/main/`.length)).split('#')[0]!),
      );
    if (origin !== 'http://site') return false;
    if (!pathname.startsWith(base)) return true;
    const file = decodeURI(pathname.slice(base.length)).replace(/(^|\/)$/, '$1index.html');
    if (!existsSync(join(folder, file))) return true;
    return hash.length > 1 && anchors.has(file) && !anchors.get(file)!.has(decodeURIComponent(hash.slice(1)));
  };
  return filesOf('.html').flatMap((page) =>
    valuesOf(textOf(page), 'href')
      .filter((link) => leadsNowhere(link, page))
      .map((link) => `${page} → ${link}`),
  );
}

test('answers at the address that it prints', async () => {
  expect(address.pathname).toBe(base);
  const answer = await fetch(address);
  expect(answer.status).toBe(200);
  expect(await answer.text()).toContain('<title>FAM.js');
});

test('every link leads somewhere: to a page, a place on it, or a file of the repository', () => {
  expect(brokenLinks()).toEqual([]);
});

test('every page of the reference opens with code of examples/', () => {
  const pages = filesOf('.html').filter((page) => page.startsWith('reference/@famjs/'));
  expect(pages.length).toBeGreaterThan(7);
  for (const page of pages)
    expect([page, textOf(page)]).toEqual([page, expect.stringMatching(/examples\/[\w-]+\.ts/)]);
});

test('no page and no style names a file of another host', () => {
  const loads = [
    ...filesOf('.html').flatMap((page) => {
      const html = textOf(page);
      const linked = Array.from(html.matchAll(/<link [^>]*>/g)).flatMap(([link]) => valuesOf(link, 'href'));
      return [...linked, ...valuesOf(html, 'src'), ...valuesOf(html, 'srcset')];
    }),
    ...filesOf('.css').flatMap((style) =>
      Array.from(textOf(style).matchAll(/url\(([^)]*)\)/g), ([, url]) => url!),
    ),
  ];
  expect(loads.length).toBeGreaterThan(10);
  expect(loads.filter((url) => /^["']?(\w+:)?\/\//.test(url))).toEqual([]);
});

describe.skipIf(!existsSync(chromiumPath))('in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch(launchOptions);
  });
  afterAll(() => browser.close());

  async function open(options?: BrowserContextOptions): Promise<Page> {
    const page = await browser.newPage(options);
    page.setDefaultTimeout(PATIENCE);
    return page;
  }

  test('every page runs without an error, asks no other host, and fits 360 pixels', async () => {
    const page = await open({ viewport: { width: 360, height: 740 } });
    const complaints: string[] = [];
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (origin !== address.origin && protocol !== 'data:') complaints.push(request.url());
    });
    for (const name of filesOf('.html').filter((name) => name !== '404.html')) {
      await page.goto(`${address}${name}`);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      if (width > 360) complaints.push(`${name} is ${width} pixels wide`);
    }
    await page.close();
    expect(complaints).toEqual([]);
  });

  test('axe finds nothing in a page of each kind, in both colours', async () => {
    const page = await open({ reducedMotion: 'reduce' });
    const found: Record<string, string[]> = {};
    // The first, a wide one, one with pictures, one with tables and code, and the reference.
    const names = ['index', 'rivals', 'why', 'recipes', 'reference/@famjs/trainer/page'];
    for (const name of names) {
      await page.goto(`${address}${name}.html`);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await page.locator(colorScheme === 'dark' ? 'html.dark' : 'html:not(.dark)').waitFor();
        found[`${name}, ${colorScheme}`] = await violationsIn(page);
      }
    }
    await page.close();
    expect(Object.entries(found).filter(([, { length }]) => length > 0)).toEqual([]);
    expect(Object.keys(found)).toHaveLength(2 * names.length);
  });

  test('its first page shows the playground', async () => {
    const page = await open();
    await page.goto(address.href);
    await page.locator('iframe.playground').scrollIntoViewIfNeeded();
    const playground = page.frameLocator('iframe.playground');
    await playground.getByRole('heading').first().waitFor();
    const back = playground.getByRole('link', { name: 'What FAM is' });
    expect(await back.evaluate((link: HTMLAnchorElement) => link.href)).toBe(`${address}index.html`);
    // It has the colours of the page, which are its reader's once VitePress has woken up.
    for (const theme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme: theme });
      await playground.locator(`html[data-theme="${theme}"]`).waitFor();
    }
    await page.close();
  });

  test('an error in the playground leads to its page', async () => {
    const page = await open({ serviceWorkers: 'block' });
    await page.route('**/passkey-fam/model.safetensors', (route) => route.fulfill({ body: 'damaged' }));
    await page.goto(`${address}playground/index.html`);
    await page.getByRole('link', { name: 'More about this' }).click();
    await page.getByRole('heading', { name: 'CheckpointError', level: 1 }).waitFor();
    await page.close();
  });

  test('its search finds, without a server', async () => {
    const page = await open();
    await page.goto(address.href);
    // A page that has not woken up yet does not hear its keys.
    const opened = async () => {
      await page.keyboard.press('Control+k');
      return page.locator('#localsearch-input').isVisible();
    };
    await expect.poll(opened, { timeout: PATIENCE }).toBe(true);
    await page.locator('#localsearch-input').fill('memory segments');
    await page.locator('.results li a').first().waitFor();
    await page.close();
  });
});
