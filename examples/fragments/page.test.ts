/** The pieces of code for pages run in a page that has what theirs take for granted: the shipped models in `public/`, a button, a run, OPFS. */
import { parseRunFile, prepareRun } from '@famjs/tasks';
import { disposeTraining, type TrainingEvent } from '@famjs/trainer';
import type { LanguageModel } from '@famjs/zoo';
import { loadModel as loadInWorker } from '@famjs/zoo/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fragments } from './page.ts';

const told = 'The pass key is 90817. Remember it. 90817 is the pass key.';
let model: LanguageModel;
beforeAll(async () => {
  model = await fragments.vite();
});
afterAll(() => model?.dispose());

const runs: Record<keyof typeof fragments, () => Promise<void>> = {
  async vite() {
    using session = model.session();
    await session.read(told);
    expect(session.length).toBeGreaterThan(10);
  },

  async stopped() {
    using session = model.session();
    const button = document.createElement('button');
    const shown: number[] = [];
    const show = (tokens: number) => {
      shown.push(tokens);
      if (shown.length === 2) button.click();
    };
    const book = told.repeat(100);
    await expect(fragments.stopped(session, book, button, show)).rejects.toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    );
    expect([shown.length, session.length]).toEqual([2, 0]);
    await fragments.stopped(session, told, button, show);
    expect(shown.at(-1)).toBe(session.length);
  },

  async ownWorker() {
    using there = await fragments.ownWorker(loadInWorker);
    expect(await there.fingerprint()).toBe(await model.fingerprint());
  },

  async trainedInPage() {
    const file = parseRunFile(
      {
        model: 'passkey-fam',
        train: 'prompt',
        task: { name: 'text', texts: ['a text'] },
        stages: [{ steps: 1, blocks: [1, 1], rows: 1, rate: 1e-3 }],
      },
      'the run',
    );
    const prepared = () =>
      prepareRun(file, model, async () => [{ tokens: model.tokenizer.encode(told.repeat(9)) }]);
    const [first, reloaded] = [await prepared(), await prepared()];
    const shown: TrainingEvent[] = [];
    const kept = await fragments.trainedInPage(first.run, first.state, (event) => shown.push(event));
    kept.close();
    expect(shown.map(({ type }) => type)).toContain('saved');
    shown.length = 0;
    const again = await fragments.trainedInPage(reloaded.run, reloaded.state, (event) => shown.push(event));
    expect([reloaded.state.step, shown.filter(({ type }) => type === 'step')]).toEqual([1, []]);
    await again.forget();
    again.close();
    for (const { state } of [first, reloaded]) disposeTraining(state);
  },
};

test.each(Object.entries(runs))('%s', (_, run) => run());
