/** A pretrained model is trained by LoRA in a worker of a page, in real Chromium: kept in OPFS, and gone on with after a reload to the same bits. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, startApp, work } from '../../../tooling/browser/app.ts';
import { chromiumPath } from '../../../tooling/browser/machine.ts';

const checkpoint = new URL('../../../tooling/checkpoints/fixtures/llama/', import.meta.url);

/** What the worker does: loads the checkpoint, goes on from what is kept, and tells each step that is kept. */
const training = (address: (name: string) => string) => `
  import { setBackend } from '${address('backends')}';
  import { loadModel } from '${address('zoo')}';
  import { parseRunFile, prepareRun } from '${address('tasks')}';
  import { disposeTraining, packTraining, train } from '${address('trainer')}';
  import { openPageRun } from '${address('trainer/page')}';
  self.onmessage = async ({ data: { name, models } }) => {
    try {
      await setBackend('wasm');
      const fam = { length: 4, blockSize: 8, variant: 'fam-norm' };
      const model = await loadModel(models, { fam, dtype: 'f32', tokenizer: false });
      const file = parseRunFile({
        model: 'llama', train: 'lora', lora: { rank: 2, targets: ['q_proj', 'down_proj'] },
        task: { name: 'text', texts: ['a text'], order: 'documents' },
        stages: [{ steps: 4, blocks: [2, 2], rows: 2, rate: 1e-2 }],
      }, 'the run');
      const tokens = Array.from({ length: 150 }, (_, i) => (i * i) % 29);
      const { run, state } = await prepareRun(file, model, async () => [{ tokens }, { tokens: tokens.slice(40) }]);
      const kept = await openPageRun(name);
      const writer = await kept.restore(run, state);
      postMessage({ began: state.step, writer });
      for await (const event of train(run, state, { save: () => kept.save(run, state), saveEvery: 0 })) {
        if (event.type !== 'saved') continue;
        postMessage({ saved: event.step });
        // Where it is told to, it waits to be taken away.
        if (event.step === 2 && name === 'reloaded' && !writer) await new Promise(() => {});
      }
      const bytes = await packTraining(run, state);
      kept.close();
      disposeTraining(state);
      model.dispose();
      postMessage({ trained: state.trainable.length, bytes: Array.from(bytes) });
    } catch (error) {
      postMessage({ error: String(error) });
    }
  };`;

interface Told {
  began?: number;
  writer?: string;
  saved?: number;
  trained?: number;
  bytes?: number[];
  error?: string;
}

describe.skipIf(!existsSync(chromiumPath))('a page', () => {
  let app: App;
  let page: Page;
  beforeAll(async () => {
    app = await startApp(['backends', 'zoo', 'tasks', 'trainer', 'trainer/page'], (request, response) => {
      const file = fileURLToPath(new URL(request.url!.replace(/^\/llama\//, ''), checkpoint));
      return request.url!.startsWith('/llama/') && existsSync(file)
        ? Boolean(response.end(readFileSync(file)))
        : false;
    });
    page = await app.open(await app.visitor());
  }, 120_000);
  afterAll(() => app?.close());

  /** Trains in a worker until it tells what is waited for; all that it told. */
  const trained = (name: string, until: string) =>
    work<Told[]>(
      page,
      `const { imports } = JSON.parse(document.querySelector('script[type=importmap]').textContent);
      const addressed = ${JSON.stringify(training((name) => `{${name}}`))}
        .replace(/\\{([a-z/]+)\\}/g, (_, name) => new URL(imports['@famjs/' + name], location.href).href);
      const script = URL.createObjectURL(new Blob([addressed], { type: 'text/javascript' }));
      const worker = new Worker(script, { type: 'module' });
      const told = [];
      return new Promise((resolve, reject) => {
        worker.onerror = (event) => reject(new Error(event.message));
        worker.onmessage = ({ data }) => {
          told.push(data);
          if (data.error) reject(new Error(data.error));
          if (${until}) resolve(told);
        };
        worker.postMessage({ name: '${name}', models: new URL('llama', location.href).href });
      });`,
    );

  test('goes on with LoRA of a pretrained model after a reload, and ends with the bits of a run without one', async () => {
    expect(await trained('reloaded', 'data.saved === 2')).toEqual([{ began: 0 }, { saved: 1 }, { saved: 2 }]);
    await page.reload();
    const resumed = await trained('reloaded', 'data.bytes');
    expect(resumed[0]).toEqual({ began: 2, writer: 'wasm' });
    expect(resumed.flatMap(({ saved }) => saved ?? [])).toEqual([3, 4]);
    const whole = await trained('whole', 'data.bytes');
    expect(whole[0]).toEqual({ began: 0 });
    // A prompt, and two matrices for each of two maps in two layers.
    expect(whole.at(-1)!.trained).toBe(9);
    expect(resumed.at(-1)!.bytes).toEqual(whole.at(-1)!.bytes);
  }, 300_000);

  test('trains a run in one place at a time, and forgets it when told to', async () => {
    const told = await work<unknown[]>(
      page,
      `const { openPageRun } = await import('@famjs/trainer/page');
      const kept = async () => {
        const root = await navigator.storage.getDirectory();
        return Array.fromAsync((await root.getDirectoryHandle('famjs-runs')).keys());
      };
      const first = await openPageRun('whole');
      const stop = new AbortController();
      const second = openPageRun('whole', { signal: stop.signal }).catch(({ name }) => name);
      stop.abort();
      const third = openPageRun('whole');
      const early = await Promise.race([third.then(() => 'open'), second]);
      first.close();
      const run = await third;
      const before = await kept();
      await run.forget();
      run.close();
      return [early, before.sort(), await kept()];`,
    );
    const [whole, reloaded] = ['whole', 'reloaded'].map((name) => `${name}.training.safetensors`);
    expect(told).toEqual(['AbortError', [reloaded, whole], [reloaded]]);
  });
});
