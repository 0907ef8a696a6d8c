/** The code of READMEs and of the site is what `examples/` holds, and prints what they say, as their commands do. `types` compiles it as strictly as all else. */
import { execFile, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { realModel } from '../testing/real.ts';
import { shownBlocks, shownCommands, shownFragments, workspace } from './blocks.ts';

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

test('every fragment of JavaScript is one that types compiles and the tests beside it run', () => {
  const onOneLine = (code: string) => code.replace(/\s+/g, ' ').trim();
  const run = ['node', 'page']
    .map((where) => onOneLine(readFileSync(join(workspace, `examples/fragments/${where}.ts`), 'utf8')))
    .join();
  const shown = shownFragments();
  expect(shown.length).toBeGreaterThan(5);
  expect(shown.filter(({ code }) => !run.includes(onOneLine(code)))).toEqual([]);
});

const famjs = join(workspace, 'apps/cli/src/main.ts');

test('the page of the command line opens with commands and what they print', () => {
  const page = 'apps/cli/README.md';
  const [first] = readFileSync(join(workspace, page), 'utf8').match(/```[\s\S]*?```|^ {4}.+$/m)!;
  expect(shownCommands().map(({ page, command }) => [page, `\`\`\`sh\n${command}\`\`\``])).toContainEqual([
    page,
    first,
  ]);
});

test.for(shownCommands())('$page: $command prints what is shown', async ({ command, output }) => {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const node = [process.execPath, '--conditions=@famjs/source', '--import', typescript, famjs];
  const defined = `famjs() { ${node.map((part) => `'${part}'`).join(' ')} "$@"; }\n`;
  const { stdout } = await promisify(execFile)('sh', ['-c', defined + command], {
    env: { ...env, NO_COLOR: '1' },
  });
  expect(stdout).toBe(output);
});

/** What an example is given in place of what it would fetch. */
const places: Record<string, ReturnType<typeof realModel>> = {
  'chat.ts': realModel(),
  'serve.ts': realModel(),
};

test.for(files)('examples/%s runs, and prints what is shown', async (name, { skip }) => {
  const { path, reason } = places[name] ?? {};
  skip(reason !== undefined, reason);
  const { NODE_OPTIONS: _, ...env } = process.env;
  const file = `examples/${name}`;
  const node = ['--conditions=@famjs/source', '--import', typescript];
  const server = name === 'serve.ts' ? await startServer(path!, node) : undefined;
  const argument = server?.url ?? path;
  const args = [...node, join(workspace, file), ...(argument ? [argument] : [])];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env }).finally(server?.stop);
  for (const { output } of blocks.filter((block) => block.file === file)) {
    if (output !== undefined) expect(stdout).toBe(output);
  }
});

/** `famjs serve` of a model, on any port that is free. */
async function startServer(model: string, node: readonly string[]): Promise<{ url: string; stop(): void }> {
  const server = spawn(
    process.execPath,
    [...node, famjs, 'serve', model, '--port', '0', '--backend', 'wasm'],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const url = await new Promise<string>((resolve, reject) => {
    server.stdout.once('data', (line) => resolve(String(line).trim()));
    server.once('exit', (code) => reject(new Error(`famjs serve ended with ${code}`)));
  });
  return { url, stop: () => void server.kill() };
}
