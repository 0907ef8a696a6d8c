/** famjs info MODEL: what a model is and costs, without its weights. */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CheckpointError, ConfigError } from '@famjs/backends';
import { afterAll, expect, test } from 'vitest';
import { checkDtypes } from '../src/check/check.ts';
import { checkTable } from '../src/check/table.ts';
import { modelInfo } from '../src/model-info.ts';
import { scoreFile } from '../src/score.ts';
import { famjs } from './famjs.ts';
import { saveChatModel, saveTinyModel, temporaryFolder } from './tiny-model.ts';

const { folder, remove } = temporaryFolder();
afterAll(remove);

const shown = async (...call: Parameters<typeof modelInfo>) => (await modelInfo(...call)).join('\n');

test('a preset of the paper, in no time', async () => {
  const { status, stdout, stderr } = await famjs(['info', 'flan-palm-24b'], folder);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('palm, 56 layers of width 4096');
  expect(stdout).toContain('32 of width 128, 1 of keys and values');
  expect(stdout).toContain('25,535,418,368, of them 1,048,576,000 in the embedding');
  expect(stdout).toContain(
    'float32 102 GB · float16 51.1 GB · bfloat16 51.1 GB · Q8_0 27.1 GB · Q4_0 14.4 GB',
  );
  expect(stdout).toContain('blocks of 1,024 tokens, 3 memory segments, FAM 64, variant fam');
  expect(stdout).toMatch(/state +at most 297 MB/);
  expect(stdout).toMatch(/a token +57.5 GFLOP/);
});

test('options stand in place of what a preset or a folder says', async () => {
  const options = { blockSize: 256, memorySegments: 0, famLength: 16, sinks: 2 };
  expect(await shown('flan-palm-1b', options)).toMatch(
    /blocks of 256 tokens, 0 memory segments, 2 sinks, FAM 16, variant fam\n/,
  );
  const model = path.join(folder, 'fam');
  await saveTinyModel(model, 'fam');
  expect(await shown(model, {})).toMatch(/llama, [\s\S]*FAM \d+, variant fam-norm/);
  expect(await shown(model, { blockSize: 32 })).toContain('blocks of 32 tokens');
  await expect(modelInfo(model, { context: 64 })).rejects.toThrow(ConfigError);
});

test('the models that come with famjs are known by the names that info lists; one without FAM is called bswa', async () => {
  expect(await shown('passkey-bswa2', {})).toContain(
    'blocks of 64 tokens, 2 memory segments, variant bswa\n',
  );
  expect(await shown('passkey-bswa2', { variant: 'txl' })).toContain('variant txl\n');
});

test('a FAM that nobody trained is called so', async () => {
  const model = path.join(folder, 'bswa1');
  await saveTinyModel(model, 'bswa1');
  expect(await shown(model, {})).not.toContain('untrained');
  rmSync(path.join(model, 'fam.json'));
  expect(await shown(model, { famLength: 3 })).toContain('FAM 3, untrained');
});

test('a model that is not there, or of no family that is known, is refused', async () => {
  await expect(modelInfo('no-such-model', {})).rejects.toThrow(CheckpointError);
  const model = path.join(folder, 'mamba');
  await saveTinyModel(model);
  rmSync(path.join(model, 'fam.json'));
  writeFileSync(path.join(model, 'config.json'), '{ "model_type": "mamba" }');
  await expect(modelInfo(model, {})).rejects.toThrow(/"mamba".*llama, mistral, qwen2/);
});

test('--check reads a text in every dtype: the fewer bits, the farther from float32', async () => {
  const model = path.join(folder, 'chat');
  await saveChatModel(model, [2]);
  const file = path.join(folder, 'text.txt');
  writeFileSync(file, 'Emma Woodhouse, handsome, clever, and rich, with a comfortable home');
  const options = { file, maxTokens: 50, backend: 'wasm' };
  const { signal } = new AbortController();
  const check = await checkDtypes(model, options, signal);
  expect(check).toMatchObject({ text: file, tokens: 50, places: 4 });
  expect(check.dtypes.map(({ dtype }) => dtype)).toEqual(['f32', 'f16', 'q8', 'q4']);
  const { perplexity } = await scoreFile(model, options, signal);
  expect(check.dtypes[0]!.perplexity).toBeCloseTo(perplexity, 2);
  expect(check.dtypes[0]).toMatchObject({ error: 0, agreement: 1 });
  const [f16, q8, q4] = check.dtypes.slice(1).map(({ error }) => error) as [number, number, number];
  expect(f16).toBeGreaterThan(1e-6);
  expect(q8).toBeGreaterThan(2 * f16);
  expect(q4).toBeGreaterThan(4 * q8);
  expect(q4).toBeLessThan(0.5);
  expect(checkTable(check)).toMatch(/q4 +\d+\.\d{3} +\d\.\de-[12] +\d+ %/);
});

test('--check of what has no weights is refused', async () => {
  const { status, stderr } = await famjs(['info', 'flan-palm-1b', '--check'], folder);
  expect(status).toBe(1);
  expect(stderr).toContain('flan-palm-1b, which has no weights');
});
