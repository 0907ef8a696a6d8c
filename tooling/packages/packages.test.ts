/** Every public package as a user gets it: its tarball alone, in plain Node, in TypeScript and in a bundle for browsers. */
import { readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { describe, expect, inject, test } from 'vitest';
import { bundledModules, effectsOf } from './bundle.ts';
import { gitStatus, run, workspace } from './rehearsal.ts';
import { bytesInstalled } from './size.ts';
import { typeErrors } from './types.ts';

const attw = join(import.meta.dirname, '../../node_modules/.bin/attw');
const { packages, statusBefore } = inject('installation');

test('a release that is rehearsed changes nothing in the workspace', async () => {
  expect(await gitStatus()).toBe(statusBefore);
});

describe.each(packages)('$name $version', ({ name, version, changes, source, tarball, project }) => {
  const installed = realpathSync(join(project, 'node_modules', name));
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  const subpaths = Object.keys(manifest.exports ?? {}).filter(
    (path) => path !== './package.json' && !path.includes('*'),
  );
  const specifiers = subpaths.map((path) => join(name, path));

  test('is a package without faults', async () => {
    const { buffer } = new Uint8Array(readFileSync(tarball));
    const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
    expect(readFileSync(join(installed, 'package.json'), 'utf8')).not.toMatch(
      /@famjs\/source|workspace:|catalog:/,
    );
  });

  test('has the version and the changelog that the changesets ask for', () => {
    const { version: current } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
    expect(manifest.version).toBe(version);
    const pending = readdirSync(join(workspace, '.changeset')).some((file) => file.endsWith('.md'));
    expect(version !== current).toBe(pending);
    expect(changes !== '').toBe(pending);
  });

  test('says where it comes from and what it is about', () => {
    expect(manifest.repository.directory).toBe(relative(workspace, source));
    expect(manifest.homepage).toContain(manifest.repository.directory);
    expect(manifest.keywords).toContain('transformer');
  });

  test('brings the packages that it declares and no others of ours', () => {
    const brought = readdirSync(join(installed, '..')).map((sibling) => `@famjs/${sibling}`);
    const declared = Object.keys(manifest.dependencies ?? {}).filter((other) => other.startsWith('@famjs/'));
    expect(brought.sort()).toEqual([name, ...declared].sort());
  });

  // TensorFlow.js' own package, with all that it brings, is 200 MB.
  test.runIf(/backends|ops|kernels|layer|zoo/.test(name))(
    'takes 100 MB at most, with the wasm backend',
    () => {
      expect(bytesInstalled(project) / 1e6).toBeLessThan(100);
    },
  );

  for (const command of Object.keys(manifest.bin ?? {})) {
    test(`starts as ${command}`, async () => {
      expect(await run(join(project, 'node_modules/.bin', command), ['--help'], project)).toContain(command);
    });
  }
  if (specifiers.length === 0) return;

  test('runs in plain Node, on the engine of its user', async () => {
    const script = `
      for (const specifier of ${JSON.stringify(specifiers)}) await import(specifier);
      const { getGradient } = await import('@tensorflow/tfjs-core');
      console.log(getGradient('Sum') !== undefined);`;
    expect(await run(process.execPath, ['--input-type=module', '--eval', script], project)).toBe('true\n');
  });

  test('has types that are not wrong', async () => {
    await run(
      attw,
      [tarball, '--profile', 'esm-only', '--no-definitely-typed', '--format', 'ascii'],
      project,
    );
  });

  test.each(['NodeNext', 'Bundler'] as const)('has types under module resolution %s', (resolution) => {
    const user = join(project, 'user.ts');
    writeFileSync(
      user,
      specifiers.map((specifier, i) => `export * as _${i} from '${specifier}';\n`).join(''),
    );
    expect(typeErrors([user], resolution)).toEqual([]);
  });

  test('can be bundled for browsers, with all that it registers', async () => {
    const modules = await bundledModules(project, name);
    const own = modules.filter((id) => id.startsWith(installed)).map((id) => id.slice(installed.length + 1));
    expect(own).toEqual(expect.arrayContaining(effectsOf(source, manifest.imports)));
    expect(modules.filter((id) => id.startsWith('__vite-browser-external:'))).toEqual([]);
  });
});
