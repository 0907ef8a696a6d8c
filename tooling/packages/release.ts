/**
 * `pnpm release`: the next release, checked as its users get it, and published. With `--dry-run` nothing of the workspace
 * changes and nothing is published: versions, changelogs and tarballs are made in a copy, by which the checks go either way.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rehearse, workspace } from './rehearsal.ts';

function pnpm(...args: string[]): void {
  const { status } = spawnSync('pnpm', args, { cwd: workspace, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

const dryRun = process.argv.includes('--dry-run');

pnpm('turbo', 'run', 'build');
const folder = mkdtempSync(join(tmpdir(), 'famjs-release-'));
try {
  for (const { name, version, changes, tarball } of await rehearse(folder)) {
    console.log(`\n${name} ${version}, ${(statSync(tarball).size / 1000).toFixed(0)} kB\n${changes}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
pnpm('exec', 'vitest', 'run', '--config', 'tooling/packages/vitest.config.ts');
if (!dryRun) {
  pnpm('exec', 'changeset', 'version');
  pnpm('exec', 'changeset', 'publish');
}
