/** Bundles our packages for a page as an app's bundler would, and says what the page downloads when. */
import { existsSync, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, defaultClientConditions, type Rolldown } from 'vite';

const workspace = join(import.meta.dirname, '../..');

export interface Page {
  /** The folder that was written. */
  folder: string;
  /** Files that a page with this package downloads before it starts a backend. */
  atOnce(name: string): Rolldown.OutputChunk[];
  /** For each `import()`: the files that it downloads, whether the page has them already or not. */
  onDemand: Rolldown.OutputChunk[][];
  all: Rolldown.OutputChunk[];
}

/**
 * @param names of packages, or of parts of them such as `zoo/worker`, which become one page's entry points
 * @param inWorkers whether workers import them too, which have no document for Vite's preloads
 */
export async function buildPage(names: readonly string[], { inWorkers = false } = {}): Promise<Page> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'famjs-page-')));
  const { output } = (await build({
    root: workspace,
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['@famjs/source', ...defaultClientConditions] },
    worker: { format: 'es' },
    build: {
      outDir: folder,
      emptyOutDir: false,
      ...(inWorkers && { modulePreload: false }),
      rolldownOptions: {
        input: Object.fromEntries(names.map((name) => [name, entryOf(name)])),
        preserveEntrySignatures: 'strict',
      },
    },
  })) as Rolldown.RolldownOutput;
  const chunks = output.filter((file) => file.type === 'chunk');
  const named = (fileName: string) => chunks.find((chunk) => chunk.fileName === fileName)!;
  const withImports = (chunk: Rolldown.OutputChunk, seen = new Set<Rolldown.OutputChunk>()) => {
    if (seen.has(chunk)) return seen;
    seen.add(chunk);
    for (const fileName of chunk.imports) withImports(named(fileName), seen);
    return seen;
  };
  return {
    folder,
    atOnce: (name) => [...withImports(chunks.find((chunk) => chunk.isEntry && chunk.name === name)!)],
    all: chunks,
    onDemand: chunks.filter((chunk) => chunk.isDynamicEntry).map((chunk) => [...withImports(chunk)]),
  };
}

function entryOf(name: string): string {
  const [folder, ...part] = name.split('/') as [string, ...string[]];
  const entry = join(workspace, 'packages', folder, 'src', ...part, 'index.ts');
  if (!existsSync(entry)) throw new Error(`there is no ${entry}`);
  return entry;
}
