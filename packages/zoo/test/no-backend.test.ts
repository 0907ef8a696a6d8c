/** Who has not started a backend is told to, by an error of ours. */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** In a process of its own, as those of other tests have backends. */
const program = `
  import { initialWeights, llamaConfig, loadModel } from '@famjs/zoo';
  const config = llamaConfig({
    ...{ layers: 1, width: 8, heads: 2, intermediateWidth: 8, vocabularySize: 5 },
    fam: { blockSize: 4 },
  });
  for (const call of [() => loadModel('passkey-fam'), async () => initialWeights(config, 0)])
    await call().catch(({ name, message }) => console.log(name, message));`;

test('models are neither loaded nor begun before setBackend()', async () => {
  const flags = ['--conditions=@famjs/source', '--import', tsx, '--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: import.meta.dirname });
  expect(stdout).toMatch(/^(BackendUnavailableError .*await setBackend\('auto'\).*\n){2}$/);
});
