/** The page of backends holds what `pnpm table` writes. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';

const workspace = join(import.meta.dirname, '../../..');
const typescript = pathToFileURL(join(workspace, 'tooling/source.mjs')).href;

test('the table of ops is as it is generated', () => {
  const folder = mkdtempSync(join(tmpdir(), 'famjs-table-'));
  try {
    const written = join(folder, 'backends.md');
    // In a process of its own: this one may yet start the backends whose packages are imported for their kernels.
    const program = join(import.meta.dirname, 'table.ts');
    const { NODE_OPTIONS: _, ...env } = process.env;
    execFileSync(process.execPath, ['--conditions=@famjs/source', '--import', typescript, program, written], {
      env,
    });
    expect(readFileSync(written, 'utf8')).toBe(readFileSync(join(workspace, 'docs/backends.md'), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
