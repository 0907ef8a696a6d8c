/** Installs each package of the next release in a project of its own, as a user would who takes only that one. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Released, rehearse, run } from './rehearsal.ts';

export interface InstalledPackage extends Released {
  /** A project that depends on this package and its peer, and can reach nothing else. */
  project: string;
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
    const projects = join(folder, 'projects');
    const packages = (await rehearse(folder)).map((released) => ({
      ...released,
      project: join(projects, released.name.replace('@famjs/', 'with-')),
    }));
    await install(projects, packages);
    return { packages, remove };
  } catch (error) {
    remove();
    throw error;
  }
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
  mkdirSync(folder);
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
