/** The TypeScript in the READMEs: each block is a file of `examples/`, and what follows it is what that prints. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const workspace = join(import.meta.dirname, '../..');

export interface Block {
  readme: string;
  /** File of the example below the workspace, as the block's first line names it; empty where it names none. */
  file: string;
  code: string;
  /** What the README says that the example prints, where it says so. */
  output: string | undefined;
}

/** A block of code that says its file, and the block of output that may follow. */
const fences = /^```ts(?: file=(\S+))?\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```\n)?/gm;

export function readmeBlocks(): Block[] {
  const members = ['packages', 'apps'].flatMap((folder) =>
    readdirSync(join(workspace, folder)).map((name) => join(folder, name)),
  );
  const readmes = ['.', ...members].map((folder) => join(folder, 'README.md'));
  return readmes.flatMap((readme) =>
    Array.from(readFileSync(join(workspace, readme), 'utf8').matchAll(fences), ([, file, code, output]) => ({
      readme,
      file: file ?? '',
      code: code!,
      output,
    })),
  );
}
