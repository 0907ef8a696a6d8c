/** How much a user gets who installs a package. */
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** @returns the bytes of all packages that a project reaches, each once */
export function bytesInstalled(project: string): number {
  const folders = new Set<string>();
  const visit = (modules: string) => {
    for (const folder of packagesIn(modules)) {
      if (folders.has(folder)) continue;
      folders.add(folder);
      // pnpm puts what a package depends on beside it.
      visit(folder.slice(0, folder.lastIndexOf('node_modules') + 'node_modules'.length));
    }
  };
  visit(join(project, 'node_modules'));
  return [...folders].reduce((sum, folder) => sum + bytesIn(folder), 0);
}

function packagesIn(modules: string): string[] {
  if (!existsSync(modules)) return [];
  return readdirSync(modules).flatMap((name) => {
    if (name.startsWith('.')) return [];
    const path = join(modules, name);
    return name.startsWith('@')
      ? readdirSync(path).map((own) => realpathSync(join(path, own)))
      : realpathSync(path);
  });
}

function bytesIn(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  return files.reduce(
    (sum, file) => sum + statSync(join(file.parentPath ?? dirname(folder), file.name)).size,
    0,
  );
}
