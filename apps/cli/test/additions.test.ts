/** --memory and --adapter of commands, famjs merge and famjs convert: over the checkpoints of transformers, with an adapter of PEFT and a memory of ours. */
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '@famjs/backends';
import { afterAll, expect, test } from 'vitest';
import { memoryInfo } from '../src/memory-info.ts';
import { modelInfo } from '../src/model-info.ts';
import { famjs } from './famjs.ts';
import { temporaryFolder } from './tiny-model.ts';

const here = (name: string) =>
  fileURLToPath(new URL(`../../../tooling/checkpoints/${name}`, import.meta.url));
const [model, memory, adapter] = [
  here('fixtures/llama'),
  here('adapters/ours/llama'),
  here('adapters/llama'),
];
const { folder, remove } = temporaryFolder();
afterAll(remove);

test('info tells of the model with both; what a memory says is not to be changed', async () => {
  const lines = await modelInfo(model, { memory, adapter: [adapter, adapter] });
  expect(lines.join('\n')).toContain('blocks of 8 tokens, 1 memory segment, 1 sink, FAM 3, variant fam-norm');
  await expect(modelInfo(model, { memory, famLength: 4 })).rejects.toThrow(ConfigError);
  await expect(modelInfo(model, { memory, famLength: 4 })).rejects.toThrow('famLength 3, not 4');
});

test('info of a memory says of which model it is; as a model it is refused', async () => {
  const { status, stdout } = await famjs(['info', memory], folder);
  expect(status).toBe(0);
  expect(stdout).toMatch(
    /memory of +llama \([0-9a-f]{12}\)\n sees +blocks of 8 tokens, .*FAM 3, variant fam-norm\n/,
  );
  expect(stdout).toMatch(
    /adapter +LoRA of rank 3, alpha 5, on q_proj, .*\n weights +2,232 in F32\n bytes +12\.\d kB/,
  );
  await expect(modelInfo(memory, {})).rejects.toThrow(
    /llama is a memory of "llama", and was to be loaded as a model.*load llama with \{ memory: ".*llama" \}; on the command line that is --memory/,
  );
  const { stderr } = await famjs(['info', 'no-such-place'], folder);
  expect(stderr).toContain('There is no model "no-such-place" here.');
  await expect(modelInfo(model, { memory: 'no-such-place' })).rejects.toThrow(
    'There is no memory or adapter "no-such-place" here.',
  );
});

test('convert writes the memory that loadModel takes, in halves', async () => {
  const convert = ['convert', memory, '--out', 'halves', '--base-from', 'owner/llama', '--dtype'];
  const { status, stdout, stderr } = await famjs([...convert, 'f16'], folder);
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'halves\n', stderr: '' });
  const written = path.join(folder, 'halves');
  const weights = statSync(path.join(written, 'adapter_model.safetensors')).size;
  expect(weights).toBeLessThan(statSync(path.join(memory, 'adapter_model.safetensors')).size);
  expect((await modelInfo(model, { memory: written })).join('\n')).toContain('FAM 3, variant fam-norm');
  expect(await memoryInfo(written)).toContain(' from        owner/llama');
  const { stderr: refused } = await famjs([...convert, 'q8'], folder);
  expect(refused).toContain('--dtype is "q8"');
});

test('merge writes a folder of its own, once; a second memory is refused', async () => {
  const merge = [
    'merge',
    model,
    '--memory',
    memory,
    '--adapter',
    adapter,
    '--adapter',
    adapter,
    '--out',
    'merged',
  ];
  const { status, stdout, stderr } = await famjs(merge, folder);
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'merged\n', stderr: '' });
  const files = ['config.json', 'fam.json', 'fam.safetensors', 'model.safetensors'];
  expect(readdirSync(path.join(folder, 'merged')).sort()).toEqual(files);
  const again = await famjs(merge, folder);
  expect(again.status).toBe(1);
  expect(again.stderr).toContain('There is something in merged');
  const twice = await famjs([...merge, '--memory', memory], folder);
  expect(twice.stderr).toContain('--memory was given twice');
});
