/** famjs eval and famjs passkey: the table, the report, the JSON, and what Ctrl-C leaves. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PassKeyReport } from '../src/report/passkey-report.ts';
import { famjs, startFamjs } from './famjs.ts';
import { saveFinishedTraining, saveTinyModel, temporaryFolder } from './tiny-model.ts';

const { folder, remove } = temporaryFolder();
afterAll(remove);

const read = (file: string) => readFileSync(path.join(folder, file), 'utf8');
const readReport = (name: string): PassKeyReport => JSON.parse(read(`reports/${name}.json`));

beforeAll(() => saveTinyModel(path.join(folder, 'model'), 'bswa1'));

test('the shipped models take the test: TransformerFAM remembers, and the report says so', async () => {
  const args = ['passkey', '--max-filler', '1000', '--keys', '4', '--backend', 'wasm'];
  const { status, stdout, stderr } = await famjs(args, folder);
  expect(stderr).toContain('passkey-wasm-seed0.html');
  expect(status).toBe(0);
  for (const name of ['fam', 'bswa0', 'bswa1', 'bswa2']) expect(stdout).toContain(name);
  const report = readReport('passkey-wasm-seed0');
  expect(report.partial).toBe(false);
  expect(report.models.map(({ columns }) => columns.map(({ filler }) => filler))).toEqual(
    Array(4).fill([1000]),
  );
  expect(report.models[0]!.columns[0]!.digits.share).toBeGreaterThan(0.9);
  expect(report.models[1]!.columns[0]!.exact.share).toBe(0);
});

test('the page needs nothing from elsewhere', async () => {
  const { status, stdout } = await evaluated('--max-filler', '300', '--json', '--memory-segments', '2');
  expect(status).toBe(0);
  const report: PassKeyReport = JSON.parse(stdout);
  expect(report).toEqual(readReport('passkey-model-wasm-seed0'));
  expect(report.models[0]).toMatchObject({ name: 'model', receptiveField: 319 });
  const page = read('reports/passkey-model-wasm-seed0.html');
  expect(page).toContain('<svg');
  expect(page).toContain(report.models[0]!.fingerprint);
  expect(page).not.toMatch(/(src|href)=|url\(|@import|<script/);
});

test('a text stands between key and question, and the report is named after it', async () => {
  writeFileSync(
    path.join(folder, 'book.txt'),
    ' Here we go. The sky is blue. Here we go. There and back again.',
  );
  const { status, stdout } = await evaluated('--max-filler', '300', '--filler', 'book.txt');
  expect(stdout).toContain('filler of book.txt');
  expect(status).toBe(0);
  expect(readReport('passkey-model-wasm-seed0-book').filler).toBe('book.txt');
  expect(read('reports/passkey-model-wasm-seed0-book.html')).toContain('another part of it for each key');
});

test('Ctrl-C keeps the finished columns', async () => {
  const running = startFamjs(
    [...command, '--max-filler', '100000000', '--every-token', '--out', 'stopped'],
    folder,
  );
  await running.says('model at 1k:');
  running.process.kill('SIGINT');
  const { status, stdout, stderr } = await running.ended;
  expect(status).toBe(130);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/finished cells? in stopped.passkey-model-wasm-seed0.html/);
  const report: PassKeyReport = JSON.parse(read('stopped/passkey-model-wasm-seed0.json'));
  expect(report.partial).toBe(true);
  expect(report.models[0]!.columns[0]!.filler).toBe(1000);
  expect(read('stopped/passkey-model-wasm-seed0.html')).toContain('Unfinished');
  expect(readdirSync(path.join(folder, 'stopped'))).toHaveLength(2);
});

test('training goes on where Ctrl-C, kill or kill -9 left it', async () => {
  const args = ['train', 'fam', '--backend', 'wasm'];
  const checkpoint = path.join(folder, 'runs/passkey-seed0/fam.training.safetensors');
  const [log, lock] = ['log.jsonl', 'lock'].map((ending) => `runs/passkey-seed0/fam.${ending}`) as [
    string,
    string,
  ];
  const first = startFamjs(args, folder);
  await first.says('110,');
  while (!existsSync(path.join(folder, log)) || read(log) === '') await setTimeout(5);
  expect(existsSync(path.join(folder, lock))).toBe(true);
  first.process.kill('SIGTERM');
  const { status, stderr } = await first.ended;
  expect(status).toBe(143);
  const step = Number(/checkpoint of step (\d+)/.exec(stderr)![1]);
  expect([existsSync(checkpoint), existsSync(path.join(folder, lock))]).toEqual([true, false]);
  expect(read(log).trim().split('\n')).toHaveLength(step);
  const page = read('runs/passkey-seed0/fam.html');
  expect(page).toContain(`trained over ${step} of `);
  expect(page).toContain(`It ended early: The checkpoint of step ${step} is in`);

  for (const signal of ['SIGKILL', 'SIGINT'] as const) {
    const next = startFamjs(args, folder);
    await next.says(`goes on from step ${step} of`);
    next.process.kill(signal);
    await next.ended;
  }
});

test('training goes on on another backend where one is named, and says so', async () => {
  await saveFinishedTraining(path.join(folder, 'runs/passkey-seed9/fam.training.safetensors'), 9, 'cpu');
  const args = ['train', 'fam', '--seed', '9'];
  const refused = await famjs(args, folder);
  expect(refused.stderr).toMatch(/^CheckpointError: .+ was written on cpu, and this is /m);
  expect(refused.status).toBe(1);
  const { status, stderr } = await famjs([...args, '--backend', 'wasm'], folder);
  expect(stderr).toContain('was written on cpu; fam goes on on wasm');
  expect(status).toBe(0);
});

test('passkey --train takes a model whose training is done, saves it and tests it', async () => {
  await saveFinishedTraining(path.join(folder, 'runs/passkey-seed7/fam.training.safetensors'), 7);
  const options = ['--backend', 'wasm', '--seed', '7', '--max-filler', '10', '--keys', '2', '--json'];
  const { status, stdout, stderr } = await famjs(
    ['passkey', '--train', '--models', 'fam', ...options],
    folder,
  );
  expect(stderr).toContain('trained before');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toEqual(readReport('passkey-trained-wasm-seed7'));
  expect(readdirSync(path.join(folder, 'runs/passkey-seed7/fam'))).toContain('fam.safetensors');
});

const command = ['eval', 'model', '--backend', 'wasm', '--keys', '4'];
const evaluated = (...args: string[]) => famjs([...command, ...args], folder);
