/** Models, texts and trainings of the visitor's own: loaded, read, asked, saved, kept and gone on with, in Chromium. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setBackend } from '@famjs/backends';
import { passKeyTokenizerJson } from '@famjs/tasks';
import { describeReal, realModel, realText } from '@famjs/testing/real';
import { initialWeights, llamaConfig, loadModel, loadTokenizer, modelFiles, type Session } from '@famjs/zoo';
import type { Download, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { answerAsHub } from './hub.ts';
import { describePlayground, lightEachOther, loseDevice, PATIENCE, visit } from './visit.ts';

vi.setConfig({ testTimeout: PATIENCE, hookTimeout: PATIENCE });

const folder = mkdtempSync(join(tmpdir(), 'famjs-own-'));
afterAll(() => rmSync(folder, { recursive: true }));

const shippedFolder = join(import.meta.dirname, '../../../packages/zoo/models/passkey-fam');

const tokenizer = loadTokenizer(
  {
    model: {
      type: 'BPE',
      vocab: Object.fromEntries(['a', 'b', 'c', 'Ġ', 'ab', 'Ġa'].map((token, id) => [token, id])),
      merges: ['a b', 'Ġ a'],
    },
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
    decoder: { type: 'ByteLevel' },
  },
  {
    chat_template:
      '{% for said in messages %}{% if said.role == "user" %}c {{ said.content }} b{% else %}{{ said.content }}{% endif %}{% endfor %}',
  },
);

/** A tiny model with random weights, as a folder. */
async function tinyModel(): Promise<string[]> {
  const config = llamaConfig({
    ...{ width: 16, heads: 2, layers: 2, theta: 1000, intermediateWidth: 24, vocabularySize: tokenizer.size },
    fam: { blockSize: 16, memorySegments: 1, famLength: 3, variant: 'fam-norm' },
  });
  const weights = initialWeights(config, 0, { embedding: 1.4, prompt: 1.4, residual: 2, head: 1 });
  const files = await modelFiles({ config, weights, tokenizer });
  return Object.entries(files).map(([name, bytes]) => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  });
}

const contentsOf = (files: readonly string[]): Record<string, Uint8Array> =>
  Object.fromEntries(files.map((file) => [basename(file), new Uint8Array(readFileSync(file))]));

const loaded = (page: Page) => page.getByRole('heading', { name: 'Memory', exact: true }).waitFor();

async function read(page: Page, text: string): Promise<void> {
  await page.locator('#typed').fill(text);
  await page.getByRole('button', { name: 'Read it' }).click();
  await page.getByText('your text: 100 % read').waitFor();
}

async function ask(page: Page, question: string, tokens: number): Promise<string> {
  const before = await page.locator('.answer').count();
  await page.locator('#most').fill(String(tokens));
  await page.locator('#question').fill(question);
  await page.getByRole('button', { name: 'Send' }).click();
  const answer = page.locator('.answer').nth(before);
  // An earlier answer has ended too.
  await answer.waitFor({ state: 'attached' });
  await page.locator('ol[aria-busy="false"]').waitFor();
  return (await answer.textContent()) ?? '';
}

/** What a session says to a message of chat. */
async function reply(session: Session, content: string, maxTokens: number): Promise<string> {
  let said = '';
  for await (const text of session.chat([{ role: 'user', content }], { maxTokens })) said += text;
  return said;
}

async function downloaded(page: Page, click: () => Promise<void>): Promise<Uint8Array> {
  const [download] = await Promise.all([page.waitForEvent('download') as Promise<Download>, click()]);
  return new Uint8Array(readFileSync(await download.path()));
}

const save = (page: Page) =>
  downloaded(page, () => page.getByRole('button', { name: 'Save to a file' }).click());

describePlayground('the playground, with what is the visitor’s own', (place) => {
  let files: string[];
  beforeAll(async () => {
    await setBackend('wasm');
    files = await tinyModel();
  });

  describe('a model', () => {
    test('from the disk reads, answers and is kept; its memory goes to another tab and to Node', async () => {
      await using visitor = await visit(place(), '#/model');
      const { page } = visitor;
      await page.getByText('Keep files of mine').click();
      await page.locator('#folder').setInputFiles(folder);
      await loaded(page);
      const text = 'ab abc a '.repeat(2000);
      await read(page, text);
      const bytes = await save(page);
      const answer = await ask(page, 'abc', 12);
      expect(answer.length).toBeGreaterThan(4);
      await lightEachOther(page, 'a document of any length', 'text', page.locator('#typed'));
      await lightEachOther(
        page,
        'whose size does not depend',
        'size',
        page.getByRole('img', { name: 'Memory' }),
      );
      expect(await visitor.look('model-asked')).toEqual([]);

      using model = await loadModel(contentsOf(files));
      using session = await model.restore(bytes);
      using fork = session.fork();
      expect(await reply(fork, 'abc', 12)).toBe(answer);

      // An answer that is stopped stays as far as it came, and the memory has not heard of it.
      await page.locator('#most').fill('4096');
      await page.locator('#question').fill('abc');
      await page.getByRole('button', { name: 'Send' }).click();
      await page.locator('.answer').nth(1).getByText(/[abc]/).waitFor();
      await page.locator('.talk').getByRole('button', { name: 'Stop' }).click();
      await page.locator('ol[aria-busy="false"]').waitFor();
      expect((await page.locator('.answer').nth(1).textContent())!.length).toBeLessThan(4096);
      expect(await ask(page, 'abc', 12)).toBe(answer);
      // Of a chat it has heard: what is said next goes on from there, as in Node.
      await page.locator('#manner').selectOption('chat');
      for (const content of ['ab', 'a']) {
        expect(await ask(page, content, 6)).toBe(await reply(session, content, 6));
      }

      const another = await page.context().newPage();
      await another.goto(`${new URL('/', page.url())}#/model`);
      await another.getByRole('button', { name: /, kept$/ }).click();
      await loaded(another);
      await another
        .getByLabel('Restore')
        .setInputFiles({ name: 'a.session', mimeType: '', buffer: Buffer.from(bytes) });
      await another
        .getByText('18,000 tokens are in')
        .or(another.getByText(/[1-9],\d{3} tokens are in/))
        .waitFor();
      expect(await ask(another, 'abc', 12)).toBe(answer);
      expect(visitor.complaints).toEqual([]);
    });

    test('that is damaged is refused in three parts, and the page goes on', async () => {
      await using visitor = await visit(place(), '#/model');
      const { page } = visitor;
      const broken = { name: 'broken.gguf', mimeType: '', buffer: Buffer.from('GGUF and no more') };
      await page.locator('#file').setInputFiles(broken);
      const alert = page.getByRole('alert');
      await alert.getByText('CheckpointError').waitFor();
      await alert.getByText('To do:').waitFor();
      await page.getByRole('button', { name: 'passkey-fam', exact: true }).click();
      await loaded(page);
      await read(page, 'The pass key is 90817. Remember it. 90817 is the pass key.');
      const notText = { name: 'a.pdf', mimeType: '', buffer: Buffer.from([37, 80, 0, 1, 0, 2]) };
      await page.locator('#document').setInputFiles(notText);
      await alert.getByText('does not look like text').waitFor();

      // A document that is dropped is read, until it is stopped; what was read by then stays.
      const dropped = await page.evaluateHandle(() => {
        const carried = new DataTransfer();
        carried.items.add(new File(['The grass is green. '.repeat(50_000)], 'dropped.txt'));
        return carried;
      });
      await page.locator('.reading').dispatchEvent('drop', { dataTransfer: dropped });
      await page.getByText(/dropped\.txt: [1-9]\d? % read/).waitFor();
      await page.locator('.reading').getByRole('button', { name: 'Stop' }).click();
      await page.getByRole('button', { name: 'Save to a file' }).and(page.locator(':enabled')).waitFor();
      expect(await page.getByText(/dropped\.txt: \d+ % read/).textContent()).not.toContain('100 %');

      // A browser that has no room for a model says so, and the model is used all the same.
      const browser = await page.context().newCDPSession(page);
      const { origin } = new URL(page.url());
      await browser.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1000 });
      await page.getByText('Keep files of mine').click();
      await page.locator('#folder').setInputFiles(folder);
      await alert.getByText('StorageError').waitFor();
      await loaded(page);
      expect(visitor.complaints).toEqual([]);
    });
  });

  test.each(['webgl', 'webgpu'])(
    'a folder of the disk reads and answers on %s, and goes on elsewhere with all its tokens',
    async (backend) => {
      await using visitor = await visit(place(), `#/model?backend=${backend}`);
      const { page } = visitor;
      await page.locator('#folder').setInputFiles(shippedFolder);
      await loaded(page);
      await page.getByText('passkey-fam', { exact: true }).and(page.locator('dd')).waitFor();
      const words = loadTokenizer(passKeyTokenizerJson());
      const round =
        ' The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again.';
      const filler = round.repeat(4);
      const told =
        'There is an important info hidden inside a lot of irrelevant text. Find it and memorize them. I will quiz you ' +
        `about the important information there. The pass key is 90817. Remember it. 90817 is the pass key.${filler}`;
      await read(page, told);
      const question = ' What is the pass key? The pass key is';
      expect((await ask(page, question, 5)).trim()).toBe('90817');
      expect(await page.getByText(`not on ${backend}`).count()).toBe(0);
      await loseDevice(page);
      await read(page, filler);
      await page.getByText(`${backend} was lost; the next backend goes on.`).waitFor();
      await page.getByText(`not on ${backend}`).waitFor();
      const tokens = [told, filler].reduce((sum, text) => sum + words.encode(text).length, 0);
      await page.getByText(`100 % read, ${tokens} tokens in all`).waitFor();
      expect((await ask(page, question, 5)).trim()).toBe('90817');
    },
  );

  test('a model of the Hub is loaded when its id is named, kept, and had again without the Hub', async () => {
    await using visitor = await visit(place(), '#/model?model=someone/tiny');
    const { page } = visitor;
    const asked = await answerAsHub(page.context(), 'someone/tiny', contentsOf(files));
    await page.getByRole('button', { name: 'Load from the Hub' }).waitFor();
    expect(asked).toEqual([]);
    await page.getByRole('button', { name: 'Load from the Hub' }).click();
    await loaded(page);
    expect(asked.length).toBeGreaterThan(2);
    asked.length = 0;
    await page.reload();
    await page.getByRole('button', { name: /^someone\/tiny@main .*, kept$/ }).click();
    await loaded(page);
    expect(asked.filter((path) => path.includes('/resolve/'))).toEqual([]);
    await page.getByRole('link', { name: 'Train' }).click();
    await page.getByText('Running on').waitFor();
    // Leaving has ended the worker of the model: what is left is the training's.
    await expect.poll(() => page.workers().length, { timeout: PATIENCE }).toBe(1);
    expect(visitor.complaints).toEqual([]);
  });

  describeReal('SmolLM2', { file: realModel(), text: realText('emma') }, ({ file, text }) => {
    test('reads a page, answers, and Node goes on from its memory to the same tokens', async () => {
      await using visitor = await visit(place(), '#/model?context=512');
      const { page } = visitor;
      await page.locator('#file').setInputFiles(file);
      await page.getByText(/of 98\.4 MB/).waitFor();
      await loaded(page);
      await read(page, readFileSync(text, 'utf8').trim().slice(0, 1200));
      const bytes = await save(page);
      await page.locator('#manner').selectOption('continue');
      const answer = await ask(page, ' The name of the heroine is', 8);
      await setBackend('wasm');
      using model = await loadModel(file, { context: 512 });
      using session = await model.restore(bytes);
      expect(await session.ask(' The name of the heroine is', { maxTokens: 8 })).toBe(answer);
      expect(visitor.complaints).toEqual([]);
    });
  });

  describe('a training', () => {
    const step = async (page: Page) =>
      Number(/^([\d,]+) of/.exec(await stepText(page))![1]!.replace(',', ''));
    const stepText = async (page: Page) => (await page.locator('.figures dd').first().textContent()) ?? '';
    const kept = async (page: Page) =>
      Number(
        /up to step ([\d,]+)/.exec((await page.locator('.figures .note').first().textContent())!)?.[1] ?? 0,
      );

    test('learns, pauses, survives a reload, goes on, and gives its model', async () => {
      await using visitor = await visit(place(), '#/train?batch=1024');
      const { page } = visitor;
      await page.getByText('0 of 600').waitFor();
      expect(await visitor.look('train-rest')).toEqual([]);
      await page.getByRole('button', { name: 'Play' }).click();
      await page.waitForFunction(() =>
        /^(?!0 )\d+ of/.test(document.querySelector('.figures dd')!.textContent!),
      );
      await page.getByRole('button', { name: 'Pause' }).click();
      // It may have been kept before the pause already, and have gone on since.
      const shown = await step(page);
      await expect.poll(() => kept(page), { timeout: PATIENCE }).toBeGreaterThanOrEqual(shown);
      await page.reload();
      await page.getByText(/^[1-9]\d* of 600/).waitFor();
      const before = await step(page);
      expect(before).toBeGreaterThanOrEqual(shown);
      await page.getByRole('button', { name: 'Step' }).click();
      await page.getByText(`${before + 1} of 600`).waitFor();
      await page.getByRole('button', { name: 'Test it now' }).click();
      await page.getByText(`after ${before + 1} steps`).waitFor();
      await visitor.openTables();
      const lengths = page.locator('section[aria-label="Recall by length, as a table"] tbody th');
      const fillers = ['16 tokens', '64 tokens', '256 tokens', '1,024 tokens', '4,096 tokens'];
      expect(await lengths.allTextContents()).toEqual(fillers);
      await lightEachOther(page, 'as large as you choose', 'choices', page.getByLabel('Variant'));
      await lightEachOther(
        page,
        'how far back',
        'recall',
        page.getByRole('img', { name: 'Recall by length' }),
      );
      expect(await visitor.look('train-tested')).toEqual([]);
      const zip = await downloaded(page, () =>
        page.getByRole('button', { name: 'Download the model' }).click(),
      );
      const { unzipSync } = await import('fflate');
      await setBackend('wasm');
      using model = await loadModel(unzipSync(zip));
      expect(model.config.fam.famLength).toBe(8);
      await page.getByRole('button', { name: 'Keep it in this browser' }).click();
      await page.getByRole('link', { name: 'Watch it remember' }).click();
      for (const contestant of ['fam', 'bswa']) {
        await page.locator(`.answer-card.${contestant}`).getByText('of 16 texts recall their key').waitFor();
      }
      await page.goBack();
      await page.getByText(`${before + 1} of 600`).waitFor();
      await page.getByRole('button', { name: 'Reset' }).click();
      await page.getByText('0 of 600').waitFor();

      // Each choice is one of the training's, and of the address.
      for (const [name, value] of [
        ['F: FAM', '4'],
        ['m: memory', '1'],
      ] as const) {
        await page.getByLabel(name).fill(value);
        await page.getByLabel(name).press('Enter');
        // Who chooses by the keyboard stays where they are, though another training begins.
        expect(await page.getByLabel(name).evaluate((field) => field === document.activeElement)).toBe(true);
      }
      await page.getByLabel('C: tokens').selectOption('32');
      await page.getByLabel('Variant').selectOption('fam');
      await page.getByLabel('How long').selectOption('hold');
      for (const name of ['noise', 'mix', 'hold']) await page.getByLabel(`${name}: `).fill('0.1');
      await page.waitForURL(/F=4&m=1&C=32&variant=fam&length=hold&noise=10&mix=10&hold=10$/);
      await page.getByRole('button', { name: 'Step' }).click();
      await page.getByText('1 of 1,000').waitFor();
      const other = await downloaded(page, () =>
        page.getByRole('button', { name: 'Download the model' }).click(),
      );
      using chosen = await loadModel(unzipSync(other));
      expect(chosen.config.fam).toMatchObject({ famLength: 4, memorySegments: 1, blockSize: 32 });
      await page.getByRole('link', { name: 'Your own text' }).click();
      await expect.poll(() => page.workers().length, { timeout: PATIENCE }).toBe(0);
      expect(visitor.complaints).toEqual([]);
    });
  });
});
