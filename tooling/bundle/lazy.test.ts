/** A page downloads the backend that it uses and no other, and no more than its budget before that. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import filePlugin from '@size-limit/file';
import { chromium } from 'playwright';
import sizeLimit from 'size-limit';
import { afterAll, describe, expect, test } from 'vitest';
import { launchOptions } from '../browser/launch.ts';
import { chromiumPath, hasGpu } from '../browser/machine.ts';
import { serve } from '../packages/serve.ts';
import { buildPage } from './build.ts';

/** Kilobytes, compressed by brotli, of all that a page with this package downloads at once. */
const budgets = { backends: 42, ops: 50, kernels: 54, layer: 64, zoo: 129, trainer: 139 };

const page = await buildPage(Object.keys(budgets));
afterAll(() => rmSync(page.folder, { recursive: true }));

/** Which GPU or WebAssembly backend a module belongs to. The loops of cpu are part of every GPU backend of TF.js. */
const backendOf = (id: string) =>
  /tfjs-backend-(webgpu|webgl|wasm)\b|(?:ops|kernels)\/src\/(webgpu|webgl|wasm)\//
    .exec(id)
    ?.slice(1)
    .join('');

const backendsIn = (chunks: { moduleIds: string[] }[]) => [
  ...new Set(chunks.flatMap(({ moduleIds }) => moduleIds.map(backendOf).filter(Boolean))),
];

describe.each(Object.entries(budgets))('a page with @famjs/%s', (name, budget) => {
  test('downloads no backend at once', () => {
    expect(backendsIn(page.atOnce(name))).toEqual([]);
  });

  test(`downloads at most ${budget} kB before it starts one`, async () => {
    const files = page.atOnce(name).map(({ fileName }) => join(page.folder, fileName));
    const [{ size }] = (await sizeLimit([filePlugin], files)) as [{ size: number }];
    expect(size / 1000).toBeLessThan(budget);
  });
});

test('what is loaded on demand belongs to one backend, and there is something for each', () => {
  const loaded = page.onDemand.map(backendsIn);
  for (const backends of loaded) expect(backends.length).toBeLessThan(2);
  expect(new Set(loaded.flat())).toEqual(new Set(['webgpu', 'webgl', 'wasm']));
});

test.skipIf(hasGpu || !existsSync(chromiumPath))(
  'a page that asks for auto downloads no backend of a GPU that is a program',
  async () => {
    const entry = page.atOnce('kernels').find(({ isEntry, name }) => isEntry && name === 'kernels')!;
    const [backends] = page.atOnce('backends');
    writeFileSync(join(page.folder, 'index.html'), '<script type="module" src="/page.js"></script>');
    writeFileSync(
      join(page.folder, 'page.js'),
      `import '/${entry.fileName}';
       import { setBackend } from '/${backends!.fileName}';
       globalThis.started = setBackend('auto').catch(String);`,
    );
    const served = await serve(page.folder);
    const browser = await chromium.launch(launchOptions);
    try {
      const opened = await browser.newPage();
      await opened.goto(served.url);
      expect(await opened.evaluate('started')).toBe('wasm');
    } finally {
      await browser.close();
      served.close();
    }
    const downloaded = page.all.filter(({ fileName }) => served.asked.includes(join(page.folder, fileName)));
    expect(backendsIn(downloaded)).toEqual(['wasm']);
  },
);
