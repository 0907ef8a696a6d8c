/** Makes an installed tfjs-node work: by its own download where that is in reach, else against pip's TensorFlow. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import pc from 'picocolors';
import { check, type Working } from './check.ts';
import { findPackage } from './find-package.ts';
import { type Built, installAddon, removeAddon } from './install-addon.ts';
import { ownDownload } from './own-download.ts';
import { showEnd, step, type Work } from './programs.ts';
import { SetupError } from './setup-error.ts';
import { fromWheel } from './wheel.ts';

/** The version whose wheel the addon is known to compile against. */
const KNOWN_VERSION = '2.21.0';

export interface SetupOptions {
  cuda: boolean;
  /** A version of TensorFlow; undefined takes what can be had. */
  tensorflow: string | undefined;
  /** Sets up anew what works or was kept. */
  fresh: boolean;
  /** Where libraries are kept. */
  cache: string | undefined;
  /** Folder of the package. */
  package: string | undefined;
}

/**
 * Leaves either a package that was checked or one without an addon.
 *
 * @returns what works now
 * @throws SetupError when nothing does; what was begun is removed
 */
export async function setUpTensorFlow(options: SetupOptions, work: Work): Promise<Working> {
  const { cuda, tensorflow, fresh } = options;
  const folder = findPackage(cuda, options.package);
  const before = await check(folder, work);
  if (typeof before === 'object' && !fresh && before.version === (tensorflow ?? before.version))
    return before;
  if (typeof before === 'string') {
    say('the addon that is there does not work, and is removed');
    removeAddon(folder);
  }

  const cache = path.resolve(
    options.cache ?? path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'famjs'),
  );
  mkdirSync(cache, { recursive: true });
  const workFolder = mkdtempSync(path.join(cache, 'setup-')); // Beside the libraries: one rename moves them into place.
  try {
    if (!tensorflow) {
      const built = await step("trying the package's own download", () =>
        ownDownload(folder, cache, workFolder, work),
      );
      const result = typeof built === 'string' ? built : await tried(built, folder, work);
      if (typeof result === 'object') return result;
      say(`not possible: ${result}`);
    }
    const wanted = { version: tensorflow ?? KNOWN_VERSION, cuda, fresh };
    const result = await tried(await fromWheel(folder, cache, workFolder, wanted, work), folder, work);
    if (typeof result === 'object') return result;
    showEnd(result);
  } finally {
    rmSync(workFolder, { recursive: true, force: true });
  }
  throw new SetupError(
    'The addon was built but does not work, and was removed.',
    'a right matrix product and gradient.',
    'run again with --fresh --verbose; a processor without AVX cannot run these libraries.',
  );
}

/** Installs what was built, and removes it again unless it works. @returns what works, or what the failure printed */
async function tried(built: Built, folder: string, work: Work): Promise<Working | string> {
  installAddon(built, folder);
  try {
    const after = await step('checking a product and a gradient', () => check(folder, work));
    if (typeof after === 'object') return after;
    removeAddon(folder);
    return after ?? 'the addon vanished';
  } catch (error) {
    removeAddon(folder);
    throw error;
  }
}

function say(line: string): void {
  process.stderr.write(`${pc.dim(line)}\n`);
}
