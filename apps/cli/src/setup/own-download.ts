/** The first way to a working tfjs-node: the package's own install script, in a copy, so that a failure leaves no trace. */
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { addonPath } from './check.ts';
import type { Built } from './install-addon.ts';
import { run, type Work } from './programs.ts';

/** The script downloads TensorFlow from a file store; what has not begun to arrive by then is out of reach. */
const SECONDS_TO_BEGIN = 20;

/** @returns the downloaded libraries and addon, or why there are none, in a line */
export async function ownDownload(
  packageFolder: string,
  cacheFolder: string,
  workFolder: string,
  work: Work,
): Promise<Built | string> {
  const copy = path.join(workFolder, 'package');
  cpSync(packageFolder, copy, {
    recursive: true,
    filter: (source) =>
      !['deps', 'lib', 'node_modules'].some((part) => source === path.join(packageFolder, part)),
  });
  const { version, scripts } = JSON.parse(readFileSync(path.join(copy, 'package.json'), 'utf8'));
  const libraries = path.join(copy, 'deps');
  const stalled = new AbortController();
  const timer = setTimeout(() => {
    if (!existsSync(libraries) || readdirSync(libraries).length === 0) stalled.abort();
  }, 1000 * SECONDS_TO_BEGIN);
  const signal = AbortSignal.any([work.signal, stalled.signal]);
  try {
    const [, ...script] = (scripts.install as string).split(' ');
    const ended = await run(
      process.execPath,
      script,
      { ...work, signal },
      { cwd: copy, env: environment(packageFolder) },
    );
    if (!ended.ok || !existsSync(path.join(copy, addonPath)))
      return /^.*\bError: .+$/m.exec(ended.output)?.[0].trim() ?? 'its script brought no addon';
  } catch (reason) {
    if (work.signal.aborted) throw reason;
    return `nothing arrived within ${SECONDS_TO_BEGIN} s`;
  } finally {
    clearTimeout(timer);
  }
  const kept = path.join(cacheFolder, `tfjs-node-${path.basename(packageFolder)}-${version}-${process.arch}`);
  rmSync(kept, { recursive: true, force: true });
  renameSync(libraries, kept);
  return { libraries: kept, addon: path.join(copy, addonPath) };
}

/** Lets the script find, from another place, what its package depends on. */
function environment(packageFolder: string): NodeJS.ProcessEnv {
  const modules = [path.join(packageFolder, 'node_modules')];
  for (let folder = packageFolder; folder !== path.dirname(folder); folder = path.dirname(folder)) {
    if (path.basename(folder) === 'node_modules') modules.push(folder);
  }
  const programs = modules.map((folder) => path.join(folder, '.bin'));
  return {
    ...process.env,
    NODE_PATH: modules.join(path.delimiter),
    PATH: [...programs, process.env.PATH].join(path.delimiter),
  };
}
