/** famjs setup tensorflow: says at once what works, says what is missing, and leaves nothing behind that does not work. */
import { cpSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setBackend } from '@famjs/backends';
import { afterAll, expect, test } from 'vitest';
import { type Ended, startFamjs } from './famjs.ts';
import { temporaryFolder } from './tiny-model.ts';

const { folder, remove } = temporaryFolder();
afterAll(remove);

const installed = path.dirname(
  createRequire(createRequire(import.meta.url).resolve('@famjs/backends/package.json')).resolve(
    '@tensorflow/tfjs-node/package.json',
  ),
);
const addon = path.join('lib', 'napi-v8', 'tfjs_binding.node');
const reason = await setBackend('tensorflow').then(
  () => undefined,
  ({ message }) => message,
);

/** The package as npm installs it without its script, and an empty cache. */
function freshPackage(name: string) {
  const at = { package: path.join(folder, name), cache: path.join(folder, `${name}-cache`) };
  for (const part of ['package.json', 'scripts', 'binding'])
    cpSync(path.join(installed, part), path.join(at.package, part), { recursive: true });
  return at;
}

function setUp(args: string[], wrapper: string[] = []): Promise<Ended> {
  return startFamjs(['setup', 'tensorflow', ...args], folder, wrapper).ended;
}

const withoutPrograms = ['/usr/bin/env', 'PATH=/nowhere'];

function expectRefusal({ status, stderr }: Ended, error: string, wrong: RegExp): void {
  expect(stderr).toMatch(new RegExp(`${error}: .+\\n  expected: .+\\n  to do: +.+\\n$`));
  expect(stderr).toMatch(wrong);
  expect(status).toBe(1);
}

/** Nothing in the package but what was published, and no folder of an unfinished setup in the cache. */
function expectNoTrace(at: { package: string; cache: string }): void {
  for (const name of ['deps', 'lib']) expect(existsSync(path.join(at.package, name))).toBe(false);
  expect(readdirSync(at.cache).filter((name) => name.startsWith('setup-'))).toEqual([]);
}

test.skipIf(reason)(reason ?? 'does nothing where TensorFlow works already', async () => {
  const before = statSync(path.join(installed, addon)).mtimeMs;
  const { status, stdout } = await setUp([]);
  expect(stdout).toMatch(
    /^✓ TensorFlow [\d.]+ works on the (processor|GPU): a product and a gradient are right\n$/,
  );
  expect(status).toBe(0);
  expect(statSync(path.join(installed, addon)).mtimeMs).toBe(before);
});

test('names the tools that are missing', async () => {
  const at = freshPackage('no-tools');
  const args = ['--package', at.package, '--cache', at.cache, '--tensorflow', '2.21.0'];
  expectRefusal(await setUp(args, withoutPrograms), 'SetupError', /python3 with pip/);
  expectNoTrace(at);
  const { status, stdout } = await setUp([...args, '--if-possible'], withoutPrograms);
  expect(stdout).toMatch(/^TensorFlow is not set up: .+ Expected: .+\n$/);
  expect(status).toBe(0);
});

test('tries the download of the package first, and removes what it left', async () => {
  const at = freshPackage('no-network');
  writeFileSync(
    path.join(at.package, 'scripts', 'install.js'),
    "throw new Error('the store is out of reach')",
  );
  const ended = await setUp(['--package', at.package, '--cache', at.cache], withoutPrograms);
  expect(ended.stderr).toContain('not possible: Error: the store is out of reach');
  expectRefusal(ended, 'SetupError', /python3 with pip/);
  expectNoTrace(at);
});

test('removes an addon that does not load, and what it could not build', async () => {
  const at = freshPackage('broken');
  mkdirSync(path.dirname(path.join(at.package, addon)), { recursive: true });
  writeFileSync(path.join(at.package, addon), 'not a library');
  // Kept libraries that lack everything: the compiler must fail.
  mkdirSync(path.join(at.cache, `tensorflow-2.21.0-${process.arch}`, 'lib'), { recursive: true });
  const ended = await setUp(['--package', at.package, '--cache', at.cache, '--tensorflow', '2.21.0']);
  expect(ended.stderr).toContain('does not work, and is removed');
  expectRefusal(ended, 'SetupError', /could not be compiled|python3 with pip|C\+\+ compiler/);
  expectNoTrace(at);
});

test('refuses what is not an installed package, and what is not a version', async () => {
  expectRefusal(await setUp(['--package', folder]), 'SetupError', /not an installed @tensorflow\/tfjs-node/);
  expectRefusal(await setUp(['--tensorflow', '2.21; rm']), 'ConfigError', /--tensorflow is "2.21; rm"/);
});
