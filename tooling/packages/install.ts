/** Installs each package of the next release in a project of its own, as a user would who takes only that one. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gitStatus, type Released, rehearse, run } from './rehearsal.ts';

interface InstalledPackage extends Released {
  /** A project that depends on this package and its peer, and can reach nothing else. */
  project: string;
}

export interface Installation {
  packages: InstalledPackage[];
  /** A project with what an app of the zoo needs, and the bundlers that it may be built with. */
  app: string;
  /** What git saw in the workspace before the release was rehearsed. */
  statusBefore: string;
}

/** Bundlers that are not this workspace's own. */
const bundlers = { esbuild: '0.28.2', webpack: '5.112.2' };

/**
 * Installs outside of the workspace, so that nothing resolves to what the workspace has.
 *
 * @returns what was installed, and what removes every trace of it
 */
export async function installPackages(): Promise<Installation & { remove(): void }> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'famjs-packages-')));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const statusBefore = await gitStatus();
    const projects = join(folder, 'projects');
    const packages = (await rehearse(folder)).map((released) => ({
      ...released,
      project: join(projects, released.name.replace('@famjs/', 'with-')),
    }));
    await install(projects, packages);
    return { packages, app: join(projects, 'app'), statusBefore, remove };
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
  const makeProject = (project: string, names: readonly string[], more: Record<string, string> = {}) => {
    const ours = Object.fromEntries(names.map((name) => [name, tarballOf[name]]));
    const dependencies = { ...ours, '@tensorflow/tfjs-core': '^4.22.0', ...more };
    mkdirSync(project);
    const manifest = { private: true, type: 'module', dependencies };
    writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
  };
  for (const { name, project } of packages) makeProject(project, [name]);
  makeProject(join(folder, 'app'), ['@famjs/backends', '@famjs/zoo'], bundlers);
  await run('pnpm', ['install', '--prefer-offline', '--no-frozen-lockfile', '--ignore-pnpmfile'], folder);
}
