/** The playground on WebGL and WebGPU: each view computes there, and what it did goes on elsewhere when the GPU fails it. */
import { chromium, type Page } from 'playwright';
import { expect, test, vi } from 'vitest';
import { launchOptions } from '../../../tooling/browser/launch.ts';
import { shiftsIn } from './main-thread.ts';
import { describePlayground, loseDevice, overtaxDevice, PATIENCE, visit } from './visit.ts';

vi.setConfig({ testTimeout: PATIENCE });

/** On wasm, from the first block to the last, each once. */
async function takenApart(page: Page): Promise<void> {
  await page.getByText('Running on wasm').waitFor();
  await page.getByText('Choose an activation').waitFor();
  expect(await page.getByRole('slider').getAttribute('max')).toBe('32');
}

describePlayground('the playground with a GPU', (place) => {
  test.each(['webgl', 'webgpu'])(
    'watch remembers on %s, and goes on elsewhere when its device is lost',
    async (backend) => {
      await using visitor = await visit(place(), `#/watch?seed=1&backend=${backend}`);
      const { page } = visitor;
      await page.getByText(`Running on ${backend}`).waitFor();
      const recalled = page.locator('.answer-card.fam').getByText(/^16 of 16/);
      await recalled.waitFor();
      await loseDevice(page);
      await page.getByText(`${backend} was lost; the next backend goes on.`).waitFor();
      await page.getByText('Running on wasm').waitFor();
      await recalled.waitFor();
      expect(await shiftsIn(page)).toEqual([]);
    },
  );

  test('inside takes a block apart on webgl, and goes on elsewhere when its device is lost', async () => {
    await using visitor = await visit(place(), '#/inside?seed=1&backend=webgl');
    const { page } = visitor;
    await page.getByText('Running on webgl').waitFor();
    await page.getByText(/^Asked here, it answers \d{5}/).waitFor();
    await loseDevice(page);
    await page.getByText('webgl was lost; the next backend goes on.').waitFor();
    await takenApart(page);
  });

  test('inside takes a block apart on webgpu, and goes on elsewhere when that refuses work', async () => {
    await using visitor = await visit(place(), '#/inside?seed=1&backend=webgpu');
    const { page } = visitor;
    await page.getByText('Running on webgpu').waitFor();
    await page.getByText(/^Asked here, it answers \d{5}/).waitFor();
    await overtaxDevice(page);
    const alert = page.getByRole('alert');
    await alert.getByText('webgpu refused its work; the next backend goes on.').waitFor();
    await alert.getByText('The GPU refused work').waitFor();
    const more = await alert.getByRole('link', { name: 'More about this' }).getAttribute('href');
    expect(more).toMatch(/errors\/GpuError/);
    await takenApart(page);
  });

  test.each(['webgl', 'webgpu'])(
    'train learns on %s, and goes on from its last step when its device is lost',
    async (backend) => {
      await using visitor = await visit(place(), `#/train?backend=${backend}`);
      const { page } = visitor;
      await page.getByText(`Running on ${backend}`).waitFor();
      const step = page.getByRole('button', { name: 'Step' });
      await step.click();
      await page.getByText('kept up to step 1').waitFor();
      await loseDevice(page);
      await step.click();
      await page.getByText(`${backend} was lost; the next backend goes on.`).waitFor();
      await page.getByText('Running on wasm').waitFor();
      await step.click();
      await page.getByText('2 of 600').waitFor();
    },
  );

  test('where there is no GPU, a visit that asks for one is told so and goes on on wasm', async () => {
    const browser = await chromium.launch({ ...launchOptions, args: ['--disable-gpu'] });
    try {
      // What the address says was done to FAM is done here too.
      const state = '#/watch?seed=1&backend=webgpu&deeds=swap-1024';
      await using visitor = await visit({ ...place(), browser }, state);
      await visitor.page.getByText('webgpu does not run here. Running on wasm').waitFor();
      await visitor.page.locator('.answer-card.fam').getByText('The key of text 2.').waitFor();
    } finally {
      await browser.close();
    }
  });
});
