/** Where the tfjs-node is installed that `setBackend('tensorflow')` will load. */
import { readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { SetupError } from './setup-error.ts';

/**
 * @param given the package's folder, where it is not the one that `@famjs/backends` finds
 * @throws SetupError when it is not installed, or is another package
 */
export function findPackage(cuda: boolean, given: string | undefined): string {
  const name = cuda ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
  try {
    const manifest = given
      ? path.resolve(given, 'package.json')
      : createRequire(import.meta.resolve('@famjs/backends')).resolve(`${name}/package.json`);
    if (JSON.parse(readFileSync(manifest, 'utf8')).name === name) return realpathSync(path.dirname(manifest));
  } catch {
    // Said below.
  }
  throw new SetupError(
    given ? `${given} is not an installed ${name}.` : `${name} is not installed beside FAM.js.`,
    'its package, installed or not yet working.',
    given ? 'check --package.' : `npm install --ignore-scripts ${name}@^4.22.0, then run this again.`,
    true,
  );
}
