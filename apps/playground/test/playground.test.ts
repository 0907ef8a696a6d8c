/** The playground as a visitor has it: built, served under its policy, in Chromium. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright';
import { expect, test, vi } from 'vitest';
import { shiftsIn } from './main-thread.ts';
import { describePlayground, lightEachOther, PATIENCE, served, visit } from './visit.ts';

vi.setConfig({ testTimeout: PATIENCE });

const isFocused = (of: Locator) => of.evaluate((element) => element === document.activeElement);

describePlayground('the playground', (place) => {
  test('watch starts by itself, remembers with FAM, forgets without, and is made to forget', async () => {
    await using visitor = await visit(place(), '#/watch?seed=1');
    const { page } = visitor;
    const fam = page.locator('.answer-card.fam');
    const window = page.locator('.answer-card.bswa');
    await window.getByText(/^0 of 16 texts recall their key/).waitFor();
    await fam.getByText(/^16 of 16 texts recall their key/).waitFor();
    const held = () => page.locator('.held b').allTextContents();
    const read = async () => Number((await page.locator('.so-far b').textContent())!.replaceAll(',', ''));
    await expect.poll(read, { timeout: PATIENCE }).toBeGreaterThan(1000);
    const [heldEarly, readEarly] = [await held(), await read()];
    expect(heldEarly).toEqual([expect.stringMatching(/^[\d.]+ kB$/), expect.stringMatching(/^[\d.]+ kB$/)]);
    expect(await visitor.look('watch-work')).toEqual([]);
    // Asked by hand while it reads, where nothing else asks: the clock of its worker stands.
    const [worker] = page.workers();
    await worker!.evaluate(() => {
      const now = performance.now();
      performance.now = () => now;
    });
    const readout = page.locator('[data-tour="chart"] .readout');
    const lastAsked = async () => {
      await page.getByRole('img', { name: 'Keys recalled in full' }).press('End');
      return Number((await readout.textContent())!.split(' ')[0]!.replaceAll(',', ''));
    };
    const readAt = await read();
    await expect.poll(read, { timeout: PATIENCE }).toBeGreaterThan(readAt + 2000);
    const askedBefore = await lastAsked();
    expect(askedBefore).toBeLessThan(await read());
    await page.getByRole('button', { name: 'Ask now' }).click();
    await expect.poll(lastAsked, { timeout: PATIENCE }).toBeGreaterThan(askedBefore);
    const askedNow = await lastAsked();
    await readout.getByText(/TransformerFAM 100 %, Sliding window 0 %$/).waitFor();
    await expect.poll(read, { timeout: PATIENCE }).toBeGreaterThan(askedNow);
    expect(await lastAsked()).toBe(askedNow);
    for (const card of [fam, window])
      expect(await card.locator('.sure').allTextContents()).toEqual(
        Array(5).fill(expect.stringMatching(/^\s*\d+ %$/)),
      );
    await worker!.evaluate(() => {
      delete (performance as Partial<Performance>).now;
    });
    await page.getByRole('button', { name: 'Swap FAM' }).click();
    await fam.getByText('The key of text 2.').waitFor();
    await page.waitForURL(/&deeds=swap-\d+$/);
    await page.getByRole('button', { name: 'Freeze FAM', pressed: false }).click();
    const change = page.getByText('FAM’s change').locator('xpath=following-sibling::dd[1]');
    await expect.poll(() => change.textContent(), { timeout: PATIENCE }).toBe('none');
    await page.getByRole('button', { name: 'Freeze FAM', pressed: true }).click();
    await page.getByRole('button', { name: 'Erase FAM' }).click();
    await fam.getByText(/^0 of 16 texts recall their key/).waitFor();
    // However much more is read, a closed block keeps what the one before it kept.
    await expect.poll(read, { timeout: PATIENCE }).toBeGreaterThan(readEarly + 4000);
    expect(await held()).toEqual(heldEarly);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Tell another key' }).click();
    // Training never told it two: by where in a block the other comes, some texts give it and some do not.
    const later = async () =>
      Number(/(\d+) give the later one/.exec((await fam.locator('.texts p').textContent())!)?.[1]);
    await expect.poll(later, { timeout: PATIENCE }).toBeGreaterThan(4);
    const chart = page.getByRole('img', { name: 'Keys recalled in full' });
    const spoken = await chart.getAttribute('aria-label');
    for (const mark of ['longest text in training: 1,536 tokens', 'FAM erased: ', 'told another key: '])
      expect(spoken).toContain(mark);
    // Its values by keyboard and pointer.
    const value = page.locator('[data-tour="chart"] .readout');
    await chart.press('End');
    await value.getByText(/^[\d,]+ tokens: TransformerFAM 0 %, Sliding window 0 %$/).waitFor();
    await chart.press('Home');
    await value.getByText(/^[\d,]+ tokens: TransformerFAM 100 %/).waitFor();
    await chart.press('End');
    await chart.hover({ position: { x: 120, y: 100 } });
    await value.getByText(/^[\d,]+ tokens: TransformerFAM 100 %/).waitFor();
    await visitor.openTables();
    expect(await page.locator('.chart-table tbody tr').count()).toBeGreaterThan(20);
    expect(await visitor.look('watch-rest')).toEqual([]);
    // Leaving ends the job, which complains of tensors that it left behind.
    const { scripts, backend, model } = visitor.downloaded();
    expect(Math.min(scripts, backend, model)).toBeGreaterThan(50_000);
    expect(scripts).toBeLessThan(300_000);
    expect(scripts + backend + model).toBeLessThan(1_000_000);
    // A key that is typed begins another text.
    await page.getByLabel('Key', { exact: true }).fill('12345');
    await page.getByLabel('Key', { exact: true }).press('Enter');
    await page.waitForURL(/key=12345/);
    // Nothing is done to this one.
    expect(page.url()).not.toContain('deeds');
    await page.locator('.watch').getByText('Running on wasm').waitFor();
    await expect
      .poll(() => page.getByLabel('Key', { exact: true }).inputValue(), { timeout: PATIENCE })
      .toMatch(/^123\d\d$/);
    expect(await isFocused(page.getByLabel('Key', { exact: true }))).toBe(true);
    await page.getByRole('link', { name: 'Compare backends' }).click();
    await page.getByRole('button', { name: 'Measure this device' }).waitFor();
    await expect.poll(() => page.workers().length, { timeout: PATIENCE }).toBe(0);
    expect(visitor.complaints).toEqual([]);
  });

  test('inside shows each block, and which activation carries which digit', async () => {
    await using visitor = await visit(place(), '#/inside?seed=1&block=4&plays=1', {}, { touch: true });
    const { page } = visitor;
    await page.getByText('Choose an activation').waitFor();
    // The player plays, as the address says, until it is told to pause.
    await page.waitForURL(/block=([5-9]|\d\d)/);
    await page.locator('.scrubber').getByRole('button', { name: 'Pause' }).click();
    await page.waitForURL((url) => !url.hash.includes('plays'));
    await page.locator('.scrubber').getByRole('button', { name: 'Play' }).waitFor();
    // Block by block with a finger, the mouse and the keyboard.
    const slider = page.getByRole('slider');
    const { x, y, width, height } = (await slider.boundingBox())!;
    await page.touchscreen.tap(x + width - 2, y + height / 2);
    await page.getByRole('heading', { name: 'Block 32', exact: true }).waitFor();
    await slider.click({ position: { x: 2, y: height / 2 } });
    await page.getByRole('heading', { name: 'Block 1', exact: true }).waitFor();
    for (let block = 2; block <= 5; block++) await slider.press('ArrowRight');
    await page.waitForURL(/block=5/);
    await page.getByRole('heading', { name: 'Block 5', exact: true }).waitFor();
    // What the worker says of this block comes after the block is shown.
    const shares = page.locator('.ablation tbody tr:first-child td');
    await shares.first().waitFor();
    expect(await shares.allTextContents()).toEqual(Array(5).fill('100 %'));
    // Some activation carries a digit: without it another one is answered.
    const carrying = page.locator('.ablation tr').filter({ has: page.getByText(/^\d %$/) });
    await carrying.getByRole('button').first().click();
    await page.locator('.answer s').waitFor();
    await page.locator('.path-plot svg').waitFor();
    expect(await page.locator('.path-plot circle.rest').count()).toBe(24);
    const keyAt = page.locator('.path-plot .label');
    const keyBefore = await keyAt.textContent();
    await page.locator('.path-plot svg').press('ArrowRight');
    await expect.poll(() => keyAt.textContent(), { timeout: PATIENCE }).not.toBe(keyBefore);
    // Words light up their part of the picture, and a part its words.
    const heat = page.locator('.heat-box');
    await lightEachOther(page, 'the FAM of the next block', 'loop');
    await lightEachOther(page, 'see themselves and FAM', 'attention', heat);
    // The heat map by the keyboard: each cell says who attends to whom.
    const cell = page.locator('.heat .readout');
    const first = await cell.textContent();
    await heat.press('ArrowRight');
    await cell.getByText(/^\d+ % of the attention of .* goes to FAM 2$/).waitFor();
    await heat.press('ArrowLeft');
    await heat.press('ArrowDown');
    await cell.getByText('FAM query 1 goes to FAM 1').waitFor();
    expect(await cell.textContent()).not.toBe(first);
    await page.waitForURL(/cell=65\.1/);
    // What is pointed at is shown, what is pressed stays.
    const box = (await heat.boundingBox())!;
    const middle = (place: number) => ((place + 0.5) * box.width) / 72;
    await heat.hover({ position: { x: middle(1), y: middle(70) } });
    await cell.getByText('FAM query 7 goes to FAM 2').waitFor();
    await page.getByRole('heading', { level: 1 }).hover();
    await cell.getByText('FAM query 1 goes to FAM 1').waitFor();
    await heat.click({ position: { x: middle(1), y: middle(70) } });
    await page.waitForURL(/cell=71\.2/);
    await page.getByRole('heading', { level: 1 }).hover();
    await cell.getByText('FAM query 7 goes to FAM 2').waitFor();
    await page.getByLabel('Layer', { exact: true }).selectOption('2');
    await page.waitForURL(/layer=2/);
    const painted = () => heat.locator('canvas').evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
    const mean = await painted();
    await page.getByLabel('Head', { exact: true }).selectOption('2');
    await page.waitForURL(/head=2/);
    await expect.poll(painted, { timeout: PATIENCE }).not.toBe(mean);
    expect(await visitor.look('inside-rest')).toEqual([]);
    await page.getByLabel('Blocks to read').fill('3');
    await page.getByLabel('Blocks to read').press('Enter');
    await page.waitForURL(/blocks=3/);
    await page.getByRole('heading', { name: 'Block 3', exact: true }).waitFor();
    expect(await slider.getAttribute('max')).toBe('3');
    await page.getByLabel('Key', { exact: true }).fill('12345');
    await page.getByLabel('Key', { exact: true }).press('Enter');
    await page.waitForURL(/key=12345/);
    await page.locator('.inside').getByText('Running on wasm').waitFor();
    expect(await isFocused(page.getByLabel('Key', { exact: true }))).toBe(true);
    await page.getByRole('link', { name: 'Compare backends' }).click();
    await expect.poll(() => page.workers().length, { timeout: PATIENCE }).toBe(0);
    expect(visitor.complaints).toEqual([]);
  });

  test('compare measures wasm and both GPUs, which agree', async () => {
    await using visitor = await visit(place(), '#/compare');
    const { page } = visitor;
    expect(await visitor.look('compare-rest')).toEqual([]);
    await page.getByRole('button', { name: 'Measure this device' }).click();
    await page.getByText('Done.').waitFor();
    const same = await page.locator('.parity tbody td:nth-child(4)').allTextContents();
    expect(same).toEqual(['reference', '✓ yes', '✓ yes', '✓ yes']);
    await lightEachOther(page, 'All numbers must agree', 'differences');
    await lightEachOther(page, 'Speeds are of one text', 'speeds');
    expect(await visitor.look('compare-done')).toEqual([]);
    // On a narrow screen the table scrolls in its own box.
    await page.setViewportSize({ width: 360, height: 900 });
    const box = page.locator('.scrolls-wide');
    await box.evaluate((element) => element.scrollTo(1000, 0));
    expect(await box.evaluate((element) => element.scrollLeft)).toBeGreaterThan(100);
    expect(await page.evaluate(() => scrollX)).toBe(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    // What is copied is what is saved.
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save as JSON' }).click();
    const report = JSON.parse(readFileSync(await (await saved).path(), 'utf8'));
    expect(report.backends.map(({ backend }: { backend: string }) => backend)).toEqual([
      ...['cpu', 'wasm', 'webgl', 'webgpu'],
    ]);
    for (const measured of report.backends)
      expect(measured).toMatchObject({ reading: expect.any(Number), logits: expect.anything() });
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy as JSON' }).click();
    await page.getByText('Copied.').waitFor();
    const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
    expect(copied.backends).toEqual(report.backends);
    await page.getByRole('link', { name: 'Your own text' }).click();
    await expect.poll(() => page.workers().length, { timeout: PATIENCE }).toBe(0);
    expect(visitor.complaints).toEqual([]);
  });

  test('a model that is damaged is refused with a message', async () => {
    await using visitor = await visit(place(), '#/watch', {
      '**/passkey-fam/model.safetensors': (bytes) => bytes.fill(7, 1000, 2000),
    });
    await visitor.page.getByText('CheckpointError').waitFor();
    await visitor.page.getByText('To do:').waitFor();
    expect(await visitor.look('watch-refused')).toEqual([]);
    await visitor.page.getByRole('button', { name: 'Close' }).click();
    await visitor.page.getByText('To do:').waitFor({ state: 'detached' });
  });

  test('waits for play where less motion is wanted, fits 360 px, and keeps its state in the URL', async () => {
    await using visitor = await visit(place(), '#/watch?seed=1&key=12345', {}, { width: 360, still: true });
    const { page } = visitor;
    await page.getByText('Running on wasm').waitFor();
    await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
    expect(await page.locator('.so-far b').textContent()).toBe('0');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    // The nearest key that training never saw.
    await expect
      .poll(() => page.getByLabel('Key', { exact: true }).inputValue(), { timeout: PATIENCE })
      .toMatch(/^123\d\d$/);
    // What is done by hand is in the address, and done again by whoever opens it.
    await page.getByRole('button', { name: 'Freeze FAM', pressed: false }).click();
    await page.waitForURL(/&deeds=freeze-0$/);
    await page.reload();
    await page.getByRole('button', { name: 'Freeze FAM', pressed: true }).waitFor();
    await page.getByRole('button', { name: 'Memento' }).click();
    await page.waitForURL(/scene=memento/);
    expect(page.url()).not.toContain('deeds');
    await page.getByRole('button', { name: 'Freeze FAM', pressed: false }).waitFor();
    expect(await isFocused(page.getByRole('button', { name: 'Memento' }))).toBe(true);
    // Words light up their part of the picture, and a part its words.
    await lightEachOther(page, 'the same endless text', 'text');
    await lightEachOther(page, 'The other only sees', 'bswa');
    expect(await visitor.look('watch-still')).toEqual([]);
    // The policy of the page is that of its server, and neither lets in more than the page needs.
    const served = (await page.request.get(place().url)).headers()['content-security-policy']!;
    const own = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
    expect(served).toBe(`${own}; frame-ancestors 'self'`);
    expect(served.split('; ')).toEqual(
      expect.arrayContaining([
        "default-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "style-src 'self'",
      ]),
    );
    expect(served).not.toContain('unsafe-inline');
    expect(visitor.complaints).toEqual([]);
  });

  test('the tour goes on and back by keyboard and mouse, from view to view, and can be left', async () => {
    await using visitor = await visit(place(), '#/watch?seed=1&key=12345', {}, { still: true });
    const { page } = visitor;
    const tour = page.getByRole('complementary', { name: 'Tour' });
    const stands = async (step: number, target: string) => {
      await tour.getByText(`${step} of 8`).waitFor();
      await page.locator(`.lit[data-tour="${target}"]`).waitFor();
      await page.waitForURL(new RegExp(`tour=${step}`));
    };
    await page.getByRole('button', { name: 'Tour' }).press('Enter');
    const [first, ...others] = ['text', 'fam', 'bswa', 'deeds', 'chart', 'scenes', 'scrubber', 'carries'];
    await stands(1, first!);
    // Next has the keyboard, also where another view comes.
    for (const [at, target] of others.entries()) {
      await page.keyboard.press('Enter');
      await stands(at + 2, target);
      // Another view has another height.
      if (target === 'scrubber') await shiftsIn(page);
    }
    expect(await visitor.look('tour')).toEqual([]);
    await tour.getByRole('button', { name: 'Back' }).click();
    await stands(7, 'scrubber');
    await tour.getByRole('button', { name: 'Back' }).click();
    await stands(6, 'scenes');
    await page.waitForURL(/#\/watch\?seed=1&key=12345&tour=6$/);
    await tour.getByRole('button', { name: 'Next' }).click();
    await stands(7, 'scrubber');
    await page.keyboard.press('Escape');
    await tour.waitFor({ state: 'detached' });
    expect(await isFocused(page.getByRole('button', { name: 'Tour' }))).toBe(true);
    expect(await page.locator('.lit').count()).toBe(0);
    await page.getByRole('button', { name: 'Tour' }).click();
    await stands(1, first!);
    await tour.getByRole('button', { name: 'Skip' }).click();
    await tour.waitFor({ state: 'detached' });
    expect(visitor.complaints).toEqual([]);
  });

  test('works without a network after the first visit', async () => {
    const server = await served(place().folder);
    const at = { ...place(), url: server.url };
    await using visitor = await visit(at, '#/watch?seed=1', {}, { still: true, keeps: true });
    const { page } = visitor;
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    // What the page itself is still loading would fail, and say so.
    await page.getByText('Running on wasm').waitFor();
    await page.waitForLoadState('networkidle');
    await server.close();
    await page.goto('about:blank');
    await page.goto(`${server.url}#/watch?seed=1`);
    await page.getByText('Running on wasm').waitFor();
    const files = readdirSync(at.folder, { encoding: 'utf8', recursive: true });
    const paths = files.filter((file) => statSync(join(at.folder, file)).isFile());
    const answers = await page.evaluate(
      (paths) => Promise.all(paths.map(async (path) => (await fetch(path).catch(() => undefined))?.ok)),
      paths.filter((path) => path !== 'service-worker.js'),
    );
    expect(answers.length).toBeGreaterThan(50);
    expect(answers.filter((ok) => !ok)).toEqual([]);
    expect(visitor.complaints).toEqual([]);
  });
});
