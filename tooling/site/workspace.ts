/** What the site is made of: the packages with their entries, and where the repository is to be seen. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const workspace = join(import.meta.dirname, '../..');

interface Manifest {
  name: string;
  description: string;
  repository: { url: string };
  exports: Record<string, { '@famjs/source'?: unknown }>;
}

export interface Entry {
  /** As it is imported: `@famjs/zoo/node`. */
  name: string;
  /** File below the workspace. */
  source: string;
}

export interface Package {
  name: string;
  description: string;
  /** Folder below the workspace. */
  folder: string;
  /** The package itself first. */
  entries: Entry[];
}

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(workspace, folder, 'package.json'), 'utf8'));

/** From what everything rests on to what is measured. */
const layers = ['backends', 'ops', 'kernels', 'layer', 'zoo', 'trainer', 'tasks'];
const rank = (folder: string) => (layers.indexOf(folder) + layers.length + 1) % (layers.length + 1);

/** The packages that are imported, from the lowest layer up. */
export const packages: Package[] = readdirSync(join(workspace, 'packages'))
  .sort((one, other) => rank(one) - rank(other))
  .map((folder) => `packages/${folder}`)
  .filter((folder) => existsSync(join(workspace, folder, 'package.json')))
  .map((folder) => {
    const { name, description, exports } = manifestOf(folder);
    // What differs between Node and browsers is imported for its effect, and exports nothing.
    const entries = Object.entries(exports).flatMap(([path, { '@famjs/source': source }]) =>
      typeof source === 'string' ? [{ name: join(name, path), source: join(folder, source) }] : [],
    );
    return { name, description, folder, entries };
  });

/** Where a file of the repository is to be seen: what packages name as their repository. */
export const repository = manifestOf('packages/backends')
  .repository.url.replace(/^git\+/, '')
  .replace(/\.git$/, '');

export const seen = (file: string) => `${repository}/blob/main/${file}`;
