/** famjs parity on a small model: the table, the dump, and what happens when the tolerance is too narrow. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { presets } from '@famjs/layer';
import { expectClose } from '@famjs/testing';
import { decodeTensors, readSafetensors } from '@famjs/zoo';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { famjs } from './famjs.ts';
import { saveTinyModel, temporaryFolder } from './tiny-model.ts';

const { folder, remove } = temporaryFolder();
afterAll(remove);

/** 2 rows that close one block and open the next. */
const rows = [0, 1].map((row) => Array.from({ length: 70 }, (_, i) => (7 * i + row) % 50));

beforeAll(async () => {
  await saveTinyModel(path.join(folder, 'model'));
  writeFileSync(path.join(folder, 'tokens.json'), JSON.stringify(rows));
});

test('backends and schedules agree, and the dump holds what they computed', async () => {
  const args = [
    'parity',
    'model',
    '--tokens',
    'tokens.json',
    '--backends',
    'wasm,cpu',
    '--schedules',
    'scan,step',
  ];
  const { status, stdout, stderr } = await famjs([...args, '--dump', 'dumps/out.safetensors'], folder);
  expect(stderr).toContain('out.safetensors');
  expect(status).toBe(0);
  expect(stdout.match(/✓/g)).toHaveLength(3);
  expect(stdout).toContain('reference');

  const dump = readFileSync(path.join(folder, 'dumps/out.safetensors'));
  const tensors = decodeTensors(readSafetensors(dump).tensors);
  const runs = ['wasm.scan', 'wasm.step', 'cpu.scan', 'cpu.step'];
  const names = ['logits', 'fam.0', 'fam.1'].flatMap((what) => runs.map((run) => `${what}.${run}`));
  expect(Object.keys(tensors).sort()).toEqual(names.sort());
  expect(tensors['fam.1.wasm.scan']!.shape).toEqual([2, 8, 64]);
  for (const run of runs) {
    const logits = tensors[`logits.${run}`]!;
    expect(logits.shape.slice(0, 2)).toEqual([2, 70]);
    const tolerance = { relative: 1e-5, absolute: 1e-5 };
    await expectClose(logits.values, tensors['logits.wasm.scan']!.values, tolerance, run);
  }
});

test('a model that comes with famjs is known by its name, and sees what the options say', async () => {
  const args = ['--tokens', 'tokens.json', '--backends', 'cpu', '--schedules', 'block'];
  const seeing = ['--memory-segments', '0', '--fam-length', '3'];
  const { status, stdout } = await famjs(
    ['parity', 'passkey-bswa2', ...args, ...seeing, '--dump', 'bswa.safetensors'],
    folder,
  );
  expect(stdout).toContain('reference');
  expect(status).toBe(0);
  const dump = readSafetensors(readFileSync(path.join(folder, 'bswa.safetensors')));
  expect(dump.tensors['fam.0.cpu.block']!.shape.slice(0, 2)).toEqual([2, 3]);
  const refused = await famjs(['parity', '--variants', '--sinks', '1'], folder);
  expect(refused.stderr).toContain('ConfigError: --variants was given with a model');
});

test('every variant agrees, and the table has each of them', async () => {
  const { status, stdout } = await famjs(['parity', '--variants', '--backends', 'wasm,cpu'], folder);
  for (const preset of presets) expect(stdout).toContain(preset);
  expect(stdout.match(/✓/g)!.length).toBeGreaterThanOrEqual(2 * presets.length);
  expect(stdout).not.toContain('✗');
  expect(status).toBe(0);
});

test('a model without tokens, and variants with a model, are refused', async () => {
  for (const args of [['model'], ['--tokens', 'tokens.json'], ['model', '--variants']]) {
    const { status, stderr } = await famjs(['parity', ...args], folder);
    expect(stderr).toMatch(/^ConfigError: /);
    expect(status).toBe(1);
  }
});

test('what differs by more than the tolerance fails by name', async () => {
  const args = ['--tokens', 'tokens.json', '--backends', 'wasm', '--tolerance', '1e-12'];
  const { status, stdout, stderr } = await famjs(['parity', 'model', ...args], folder);
  expect(status).toBe(1);
  expect(stdout).toContain('✗');
  expect(stderr).toContain('ParityError');
});
