/** The next release, made in a copy of the workspace: versions and changelogs by changesets, and the tarballs. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const workspace = join(import.meta.dirname, '../..');

export interface Released {
  name: string;
  version: string;
  /** What the changelog says of this version, in Markdown; empty where no changeset is pending. */
  changes: string;
  /** Its folder in the workspace. */
  source: string;
  /** What would be uploaded. */
  tarball: string;
}

/** Runs a program to its end, without the Node options that this process was started with. @returns its standard output */
export async function run(command: string, args: string[], cwd: string): Promise<string> {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(command, args, { cwd, env, maxBuffer: 2 ** 26 });
  return stdout;
}

/** What git sees that was changed in the workspace. */
export const gitStatus = () => run('git', ['status', '--porcelain'], workspace);

/**
 * Versions and packs all public packages as they are built now. The workspace stays as it is.
 *
 * @param folder an empty one for the copy and the tarballs
 */
export async function rehearse(folder: string): Promise<Released[]> {
  const copy = join(folder, 'workspace');
  await copyWorkspace(copy);
  await run('pnpm', ['install', '--frozen-lockfile', '--prefer-offline', '--ignore-scripts'], copy);
  const before = await publicMembers(copy);
  await run('pnpm', ['exec', 'changeset', 'version'], copy);

  const filters = before.map(({ name }) => `--filter=${name}`);
  const packed = await run('pnpm', [...filters, 'pack', '--json', '--pack-destination', folder], copy);
  const tarballs = JSON.parse(packed) as { name: string; version: string; filename: string }[];
  return before.map((member) => {
    const { version, filename } = tarballs.find(({ name }) => name === member.name)!;
    return {
      name: member.name,
      version,
      changes: version === member.version ? '' : changesOf(join(member.path, 'CHANGELOG.md'), version),
      source: join(workspace, member.path.slice(copy.length)),
      tarball: filename,
    };
  });
}

/** Files that git tracks or would, and each `dist`; with a history of one commit, which changesets ask for. */
async function copyWorkspace(copy: string): Promise<void> {
  const listed = await run(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    workspace,
  );
  const files = listed.split('\0').filter((file) => file && existsSync(join(workspace, file)));
  for (const file of files) cpSync(join(workspace, file), join(copy, file));
  for (const { path } of await publicMembers(workspace)) {
    cpSync(join(path, 'dist'), join(copy, path.slice(workspace.length), 'dist'), { recursive: true });
  }
  const git = (...args: string[]) =>
    run('git', ['-c', 'user.name=release', '-c', 'user.email=release@localhost', ...args], copy);
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '--all');
  await git('commit', '--quiet', '--message=release');
}

interface Member {
  name: string;
  version: string;
  path: string;
}

async function publicMembers(root: string): Promise<Member[]> {
  const listed = await run('pnpm', ['list', '--recursive', '--depth=-1', '--json'], root);
  return (JSON.parse(listed) as (Member & { private: boolean })[]).filter((member) => !member.private);
}

/** The section of a changelog under the heading of `version`. */
function changesOf(file: string, version: string): string {
  const [, section = ''] = readFileSync(file, 'utf8').split(`\n## ${version}\n`);
  return section.split('\n## ')[0]!.trim();
}
