/** Packs the public packages and installs each in a project of its own, as a user would who takes only that one. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const workspace = join(import.meta.dirname, '../..');

export interface InstalledPackage {
  name: string;
  /** Its folder in the workspace. */
  source: string;
  /** What would be uploaded. */
  tarball: string;
  /** A project that depends on this package and its peer, and can reach nothing else. */
  project: string;
}

/** Runs a program to its end, without the Node options that this test process was started with. */
export async function run(command: string, args: string[], cwd: string): Promise<string> {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(command, args, { cwd, env, maxBuffer: 2 ** 26 });
  return stdout;
}

/**
 * Installs outside of the workspace, so that nothing resolves to what the workspace has.
 *
 * @returns the packages, and what removes every trace of them
 */
export async function installPackages(): Promise<{ packages: InstalledPackage[]; remove(): void }> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'famjs-packages-')));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const packages = await pack(folder);
    await install(folder, packages);
    return { packages, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Packs every package that is not private into `folder`. */
async function pack(folder: string): Promise<InstalledPackage[]> {
  const listed = await run('pnpm', ['list', '--recursive', '--depth=-1', '--json'], workspace);
  const members = JSON.parse(listed) as { name: string; path: string; private: boolean }[];
  const publicMembers = members.filter((member) => !member.private);

  const filters = publicMembers.map(({ name }) => `--filter=${name}`);
  const packed = await run('pnpm', [...filters, 'pack', '--json', '--pack-destination', folder], workspace);
  const tarballs = JSON.parse(packed) as { name: string; filename: string }[];
  return publicMembers.map(({ name, path }) => ({
    name,
    source: path,
    tarball: tarballs.find((tarball) => tarball.name === name)!.filename,
    project: join(folder, name.replace('@famjs/', 'with-')),
  }));
}

/**
 * Installs each package in its project, from the tarballs and from pnpm's store. It is one installation to save time, but
 * a project, and a package in it, reaches only what its own manifest declares: nothing is hoisted except `long`, which
 * TensorFlow.js imports and does not declare.
 */
async function install(folder: string, packages: InstalledPackage[]): Promise<void> {
  const tarballOf = Object.fromEntries(packages.map(({ name, tarball }) => [name, `file:${tarball}`]));
  const settings = {
    packages: ['*'],
    overrides: tarballOf,
    hoistPattern: ['long'],
    publicHoistPattern: [],
    autoInstallPeers: false,
    ignoreScripts: true,
  };
  writeFileSync(join(folder, 'pnpm-workspace.yaml'), JSON.stringify(settings));
  for (const { name, project } of packages) {
    const dependencies = { [name]: tarballOf[name], '@tensorflow/tfjs-core': '^4.22.0' };
    mkdirSync(project);
    writeFileSync(
      join(project, 'package.json'),
      JSON.stringify({ private: true, type: 'module', dependencies }),
    );
  }
  await run('pnpm', ['install', '--prefer-offline', '--no-frozen-lockfile', '--ignore-pnpmfile'], folder);
}
