/** The code of READMEs and of the site is what `examples/` holds, and prints what they say. `types` compiles it as strictly as all else. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { realModel } from '../testing/real.ts';
import { shownBlocks, workspace } from './blocks.ts';

const blocks = shownBlocks();
const files = readdirSync(join(workspace, 'examples')).filter((name) => name.endsWith('.ts'));
const typescript = pathToFileURL(join(workspace, 'tooling/source.mjs')).href;

test('every example is shown, and every block of code is an example', () => {
  expect([...new Set(blocks.map(({ file }) => file))].sort()).toEqual(
    files.map((file) => `examples/${file}`).sort(),
  );
});

test.each(blocks)('$page shows $file as it is', ({ file, code }) => {
  const [, shown] = /^\/\*\* .+ \*\/\n([\s\S]*)$/.exec(readFileSync(join(workspace, file), 'utf8'))!;
  expect(code).toBe(shown);
});

/** What an example is given in place of what it would fetch. */
const places: Record<string, ReturnType<typeof realModel>> = { 'chat.ts': realModel() };

test.for(files)('examples/%s runs, and prints what is shown', async (name, { skip }) => {
  const { path, reason } = places[name] ?? {};
  skip(reason !== undefined, reason);
  const { NODE_OPTIONS: _, ...env } = process.env;
  const file = `examples/${name}`;
  const node = ['--conditions=@famjs/source', '--import', typescript];
  const args = [...node, join(workspace, file), ...(path ? [path] : [])];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  for (const { output } of blocks.filter((block) => block.file === file)) {
    if (output !== undefined) expect(stdout).toBe(output);
  }
});
