/** Native TensorFlow loads on a Node without the `util` predicates that its package calls: the state of Node 23 and later. */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { setBackend } from './set-backend.ts';

const program = `
  import util from 'node:util';
  for (const name of ['isNullOrUndefined', 'isArray']) delete util[name];
  const { setBackend } = await import('@famjs/backends');
  const tf = await import('@tensorflow/tfjs-core');
  await setBackend('tensorflow');
  console.log((await tf.topk(tf.tensor1d([3, 5, 4]), 2).values.data()).join());
`;

const reason = await setBackend('tensorflow').then(
  () => undefined,
  ({ message }) => message,
);

test.skipIf(reason)(reason ?? 'loads', async () => {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const flags = ['--conditions=@famjs/source', '--import', tsx, '--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: import.meta.dirname });
  expect(stdout).toBe('5,4\n');
});
