/** Output that nobody reads or that cannot be written ends no run, and signals end them with their own status. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PassKeyReport } from '../src/report/passkey-report.ts';
import { startFamjs } from './famjs.ts';
import { saveTinyModel, temporaryFolder } from './tiny-model.ts';

const { folder, remove } = temporaryFolder();
afterAll(remove);
beforeAll(() => saveTinyModel(path.join(folder, 'model'), 'bswa1'));

/** Words before a command that redirect its output; the status is that of the command. */
const shell = (script: string) => ['bash', '-c', script, 'bash'];
const intoHead = shell('set -o pipefail; "$@" | head -1');
const bothIntoHead = shell('set -o pipefail; "$@" 2>&1 | head -1');
const onto = (device: string) => shell(`exec "$@" > ${device}`);
const logOnto = (device: string) => shell(`exec "$@" 2> ${device}`);

const evaluation = ['eval', 'model', '--backend', 'wasm', '--keys', '2'];

test.each([
  ['info', [['info'], intoHead]],
  ['help', [['--help'], intoHead]],
  ['a test with its log', [[...evaluation, '--max-filler', '2k'], bothIntoHead]],
] as const)('a reader that goes away: %s ends quietly', async (_, [args, wrapper]) => {
  const { status, stdout, stderr } = await startFamjs(args, folder, wrapper).ended;
  expect(stdout.trim().split('\n')).toHaveLength(1);
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

test('a full standard output is an error of the usual kind', async () => {
  const { status, stderr } = await startFamjs(['info'], folder, onto('/dev/full')).ended;
  expect(stderr).toMatch(/^StorageError: .+ENOSPC.+\n {2}expected: .+\n {2}to do: +.+\n$/);
  expect(status).toBe(1);
});

test('a test whose log is cut off goes on, and SIGHUP keeps what it has', async () => {
  const running = startFamjs([...evaluation, '--every-token', '--max-filler', '100M'], folder);
  await running.says('model at 1k:');
  running.process.stderr!.destroy();
  const report = (): PassKeyReport =>
    JSON.parse(readFileSync(path.join(folder, 'reports/passkey-model-wasm-seed0.json'), 'utf8'));
  while (report().models[0]!.columns.length < 3) await setTimeout(100);
  running.process.kill('SIGHUP');
  const { status, stdout } = await running.ended;
  expect([status, stdout]).toEqual([129, '']);
});

test('a training run with a full log goes on, and SIGHUP saves it', async () => {
  const checkpoint = path.join(folder, 'runs/passkey-seed0/fam.training.safetensors');
  const running = startFamjs(['train', 'fam', '--backend', 'wasm'], folder, logOnto('/dev/full'));
  while (!existsSync(checkpoint)) await setTimeout(100);
  await setTimeout(3000);
  running.process.kill('SIGHUP');
  expect((await running.ended).status).toBe(129);

  const next = startFamjs(['train', 'fam', '--backend', 'wasm'], folder);
  await next.says('goes on from step');
  next.process.kill('SIGINT');
  const { status, stderr } = await next.ended;
  expect(Number(/goes on from step (\d+)/.exec(stderr)![1])).toBeGreaterThan(0);
  expect(status).toBe(130);
});
