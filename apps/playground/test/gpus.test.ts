/** The playground on WebGL and WebGPU: each view computes there, and what it did goes on elsewhere when the GPU fails it. */
import { chromium, type Page } from 'playwright';
import { expect, test, vi } from 'vitest';
import { launchOptions } from '../../../tooling/browser/launch.ts';
import { shiftsIn } from './main-thread.ts';
import { describePlayground, loseDevice, overtaxDevice, PATIENCE, visit } from './visit.ts';

vi.setConfig({ testTimeout: PATIENCE });

/** As few blocks as there can be. */
const inside = (backend: string) => `#/inside?seed=1&blocks=2&block=2&backend=${backend}`;

/** From the first block to the last, each once, and what each activation of FAM is worth after it. */
async function takenApart(page: Page, backend: string): Promise<void> {
  await page.getByText(`Running on ${backend}`).waitFor();
  await page.getByText('Choose an activation').waitFor();
  expect(await page.getByRole('slider').getAttribute('max')).toBe('2');
  const rows = page.locator('.ablation tbody tr');
  const carrying = rows.filter({ has: page.getByText(/^\d %$/) }).getByRole('button');
  expect(await rows.first().locator('td').allTextContents()).toEqual(
    Array(5).fill(expect.stringMatching(/^(9\d|100) %$/)),
  );
  // Without some activation another digit is answered.
  await carrying.first().click();
  await page.locator('.answer s').first().waitFor();
  await carrying.first().click();
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
    await using visitor = await visit(place(), inside('webgl'));
    const { page } = visitor;
    await takenApart(page, 'webgl');
    await loseDevice(page);
    await page.getByRole('slider').press('ArrowLeft');
    await page.getByText('webgl was lost; the next backend goes on.').waitFor();
    await takenApart(page, 'wasm');
  });

  test('inside takes a block apart on webgpu, and goes on elsewhere when that refuses work', async () => {
    await using visitor = await visit(place(), inside('webgpu'));
    const { page } = visitor;
    await takenApart(page, 'webgpu');
    await overtaxDevice(page);
    await page.getByRole('slider').press('ArrowLeft');
    const alert = page.getByRole('alert');
    await alert.getByText('webgpu refused its work; the next backend goes on.').waitFor();
    await alert.getByText('The GPU refused work').waitFor();
    const more = await alert.getByRole('link', { name: 'More about this' }).getAttribute('href');
    expect(more).toMatch(/errors\/GpuError/);
    await takenApart(page, 'wasm');
  });

  test.each(['webgl', 'webgpu'])(
    'train learns on %s, and goes on from its last step when its device is lost',
    async (backend) => {
      // A FAM as long as a tile of attention takes the shaders of the block, which an emulated GPU takes seconds to compile.
      await using visitor = await visit(place(), `#/train?batch=1024&F=32&backend=${backend}`);
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
