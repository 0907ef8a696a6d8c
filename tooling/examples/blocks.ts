/** The TypeScript in the READMEs and in `docs/`: each block is a file of `examples/`, and what follows it is what that prints. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const workspace = join(import.meta.dirname, '../..');

export interface Block {
  page: string;
  /** File of the example below the workspace, as the block's first line names it; empty where it names none. */
  file: string;
  code: string;
  /** What the page says that the example prints, where it says so. */
  output: string | undefined;
}

/** A block of code that says its file, and the block of output that may follow. */
const fences = /^```ts(?: file=(\S+))?\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```\n)?/gm;

/** Commands, and the block of output that follows them. */
const commands = /^```sh\n([\s\S]*?)^```\n\n```text\n([\s\S]*?)^```\n/gm;

/** READMEs and pages of the site, below the workspace; the reference is made of them and of examples. */
function pages(): string[] {
  const members = ['packages', 'apps'].flatMap((folder) =>
    readdirSync(join(workspace, folder)).map((name) => join(folder, name, 'README.md')),
  );
  const docs = readdirSync(join(workspace, 'docs'), { encoding: 'utf8', recursive: true })
    .filter((name) => name.endsWith('.md') && !name.startsWith('reference/'))
    .map((name) => join('docs', name));
  return ['README.md', ...members, ...docs].filter((page) => existsSync(join(workspace, page)));
}

/** Code in JavaScript, that is no program of its own: lines that only bring in what it needs are left out. */
export function shownFragments(): { page: string; code: string }[] {
  return pages().flatMap((page) =>
    Array.from(
      readFileSync(join(workspace, page), 'utf8').matchAll(/^```js\n([\s\S]*?)^```\n/gm),
      ([, code]) => ({
        page,
        code: code!.replace(/^(import|\/\/) .*\n/gm, ''),
      }),
    ),
  );
}

export function shownBlocks(): Block[] {
  return pages().flatMap((page) =>
    Array.from(readFileSync(join(workspace, page), 'utf8').matchAll(fences), ([, file, code, output]) => ({
      page,
      file: file ?? '',
      code: code!,
      output,
    })),
  );
}

export function shownCommands(): { page: string; command: string; output: string }[] {
  return pages().flatMap((page) =>
    Array.from(readFileSync(join(workspace, page), 'utf8').matchAll(commands), ([, command, output]) => ({
      page,
      command: command!,
      output: output!,
    })),
  );
}
