/** The READMEs' code is what `examples/` holds, and prints what they say. `types` compiles it as strictly as all else. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { readmeBlocks, workspace } from './blocks.ts';

const blocks = readmeBlocks();
const files = readdirSync(join(workspace, 'examples')).filter((name) => name.endsWith('.ts'));
const typescript = pathToFileURL(join(workspace, 'tooling/source.mjs')).href;

test('every example is shown, and every block of code is an example', () => {
  expect([...new Set(blocks.map(({ file }) => file))].sort()).toEqual(
    files.map((file) => `examples/${file}`).sort(),
  );
});

test.each(blocks)('$readme shows $file as it is', ({ file, code }) => {
  const [, shown] = /^\/\*\* .+ \*\/\n([\s\S]*)$/.exec(readFileSync(join(workspace, file), 'utf8'))!;
  expect(code).toBe(shown);
});

test.each(files)('examples/%s runs, and prints what is shown', async (name) => {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const file = `examples/${name}`;
  const args = ['--conditions=@famjs/source', '--import', typescript, join(workspace, file)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  for (const { output } of blocks.filter((block) => block.file === file)) {
    if (output !== undefined) expect(stdout).toBe(output);
  }
});
