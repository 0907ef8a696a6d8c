/** What is said when a backend does not start: the cause, and the line that helps. */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test, vi } from 'vitest';
import { starters } from '#platform';
import { hasHardware } from './gpu.node.ts';
import { importError, MissingPackage } from './missing-package.ts';
import { listBackends, setBackend } from './set-backend.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Has the starters of backends fail. */
function fail(failures: Partial<Record<keyof typeof starters, Error>>): void {
  for (const [name, error] of Object.entries(failures)) {
    const starter = starters[name as keyof typeof starters]!;
    if (starter.findProgram) vi.spyOn(starter, 'findProgram').mockResolvedValue(undefined);
    vi.spyOn(starter, 'load').mockRejectedValue(error);
    if (tf.engine().backendNames().includes(name)) tf.removeBackend(name);
  }
}

const missing = (name: string) => new MissingPackage(name, undefined);

test('auto warns once when it lands on cpu, with the line that helps', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  fail({
    tensorflow: new Error('it has no addon'),
    webgpu: new Error('WebGPU finds no device'),
    wasm: missing('@tensorflow/tfjs-backend-wasm'),
  });
  expect(await setBackend('auto')).toBe('cpu');
  expect(await setBackend()).toBe('cpu');
  const said = warn.mock.calls.map(([message]) => String(message)).filter((line) => line.includes('FAM.js'));
  expect(said).toEqual([
    expect.stringMatching(/cpu.*WebGPU finds no device.*npm install @tensorflow\/tfjs-backend-wasm/),
  ]);
});

test('auto downloads no backend for a GPU that is a program, or that is not there', async () => {
  fail({ tensorflow: new Error('it has no addon') });
  const { webgpu } = starters;
  const load = vi.spyOn(webgpu!, 'load');
  const findProgram = vi.spyOn(webgpu!, 'findProgram').mockResolvedValueOnce('SwiftShader');
  expect(await setBackend('auto')).toBe('wasm');
  findProgram.mockRejectedValueOnce(new Error('WebGPU finds no device'));
  expect(await setBackend('auto')).toBe('wasm');
  expect(findProgram).toHaveBeenCalledTimes(2);
  expect(load).not.toHaveBeenCalled();
});

test('an error advises to install what is missing, and nothing that is there', async () => {
  fail({ webgpu: missing('webgpu') });
  await expect(setBackend('webgpu')).rejects.toThrow(/webgpu is not installed.*npm install webgpu,/);
  expect((await listBackends()).find(({ name }) => name === 'webgpu')?.installed).toBe(false);
  fail({ webgpu: new Error('WebGPU finds no device') });
  const { message } = await setBackend('webgpu').catch((error) => error);
  expect(message).toMatch(/WebGPU finds no device.*listBackends/);
  expect(message).not.toMatch(/install /);
});

test.each([
  ["Cannot find package 'webgpu' imported from /app/x.js", true],
  ["Cannot find module '@tensorflow/tfjs-backend-webgl'", true],
  ["Failed to resolve module specifier '@tensorflow/tfjs-backend-webgl'", true],
  ['Could not resolve "webgpu" imported by "@famjs/backends". Is it installed?', true],
  ['error loading dynamically imported module: https://example.org/chunk.js', false],
  ['tfjs_binding.node: wrong ELF class', false],
])('an import that fails with %j misses a package: %s', (message, isMissing) => {
  expect(importError('webgpu', new Error(message)) instanceof MissingPackage).toBe(isMissing);
});

/** What a process says that starts one of these backends, none of which is tensorflow. */
function said(wanted: string, drivers: Record<string, string>): Promise<{ stdout: string; stderr: string }> {
  const program = `
    import { starters } from '#platform';
    delete starters.tensorflow;
    const { setBackend } = await import('@famjs/backends');
    console.log(await setBackend(${wanted}));`;
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const flags = ['--conditions=@famjs/source', '--import', tsx, '--input-type=module', '--eval', program];
  const { VK_ICD_FILENAMES: _, ...env } = process.env;
  return promisify(execFile)(process.execPath, flags, {
    cwd: import.meta.dirname,
    env: { ...env, ...drivers },
  });
}

test('a machine without a driver for a GPU hears nothing of it', async () => {
  const { stdout, stderr } = await said("['webgpu', 'wasm']", {});
  expect(stdout).toMatch(/^(webgpu|wasm)\n$/);
  expect(stderr).toBe('');
});

test.skipIf(hasHardware())('auto hears nothing of drivers on a machine without a GPU', async () => {
  // Dawn says on stderr what it cannot load.
  expect(await said("'auto'", { VK_ICD_FILENAMES: '/nowhere/driver.json' })).toEqual({
    stdout: 'wasm\n',
    stderr: '',
  });
});
