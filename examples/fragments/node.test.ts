/** The pieces of code for Node run in a folder that has what theirs take for granted: checkpoints that lie where pages say so. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setBackend } from '@famjs/backends';
import { passKeyTokenizerJson } from '@famjs/tasks';
import { loadModel, type Model } from '@famjs/zoo';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fragments } from './node.ts';

const checkpoints = join(import.meta.dirname, '../../tooling/checkpoints');
const [before, folder] = [process.cwd(), mkdtempSync(join(tmpdir(), 'famjs-fragments-'))];

beforeAll(async () => {
  await setBackend('wasm');
  process.chdir(folder);
  // A folder comes before a model of the Hub that is called so.
  cpSync(join(checkpoints, 'fixtures/llama'), 'owner/base', { recursive: true });
  cpSync(join(checkpoints, 'adapters/llama'), 'someone/a-style', { recursive: true });
  mkdirSync('you');
  writeFileSync('owner/base/tokenizer.json', JSON.stringify(passKeyTokenizerJson()));
});
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

const runs: Record<keyof typeof fragments, () => Promise<void>> = {
  async accumulator() {
    expect(await fragments.accumulator(1, [2, 3], (memory, block) => 10 * memory + block)).toBe(123);
  },

  async untrained() {
    using model = await fragments.untrained('owner/base');
    expect([model.untrained, model.config.fam.famLength]).toEqual([true, 64]);
  },

  async publish() {
    using begun = await loadModel('owner/base', { fam: { length: 4, blockSize: 8 } });
    using base = await fragments.publish({ ...begun, weights: begun.weights as Model['weights'] });
    expect(base.untrained).toBe(true);
    expect(readdirSync('my-memory').sort()).toEqual(['fam.json', 'fam.safetensors']);
  },

  async withMemory() {
    renameSync('my-memory', 'you/my-memory');
    using model = await fragments.withMemory();
    expect([model.untrained, model.config.fam.famLength]).toEqual([false, 4]);
    expect(Object.keys(model.config.adapters!)).toHaveLength(1);
  },
};

test.each(Object.entries(runs))('%s', (_, run) => run());
