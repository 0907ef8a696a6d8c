/** Bundles a package for browsers, and says what such a bundle must hold although nothing in it is called by name. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build, type Rolldown } from 'vite';

/** @returns the ids of the modules in the bundle, and in the chunks that it loads lazily */
export async function bundledModules(project: string, name: string): Promise<string[]> {
  const entry = join(project, 'user.js');
  writeFileSync(entry, `export * from '${name}';\n`);
  const outputs = await build({
    root: project,
    configFile: false,
    logLevel: 'silent',
    build: { write: false, minify: false, lib: { entry, formats: ['es'] } },
  });
  const chunks = (outputs as Rolldown.RolldownOutput[]).flatMap(({ output }) => output);
  return chunks.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
}

/** @returns the files under `dist` that sources import for their effect alone, or lazily: a wrong `sideEffects` loses them */
export function effectsOf(source: string, imports: Record<string, { default: string }> = {}): string[] {
  const files = readdirSync(join(source, 'src'), { recursive: true, encoding: 'utf8' });
  return files.filter(isForBrowsers).flatMap((file) => {
    const code = readFileSync(join(source, 'src', file), 'utf8');
    const imported = Array.from(code.matchAll(/\bimport\(?\s*'([.#][^']+)'/g), ([, path = '']) => path);
    const built = imported.map((path) => imports[path]?.default ?? join('dist', dirname(file), path));
    return built.map((path) => join('.', path).replace(/\.ts$/, '.js'));
  });
}

const isForBrowsers = (file: string) => file.endsWith('.ts') && !/\b(test|node)\.ts$/.test(file);
