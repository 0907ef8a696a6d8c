/** Builds the site: the reference from the sources, the pages by VitePress, and the playground below `playground/`. */
import { join } from 'node:path';
import { build as buildByVite } from 'vite';
import { build } from 'vitepress';
import { writeReference } from './reference.ts';
import { workspace } from './workspace.ts';

export interface SiteOptions {
  /** Path below which a host serves the site, `/` unless given. */
  base?: string;
  /** Folder that the site is written to. */
  folder?: string;
}

/** @returns the folder of the built site */
export async function buildSite({
  base = '/',
  folder = join(workspace, 'docs/.vitepress/dist'),
}: SiteOptions = {}): Promise<string> {
  await writeReference();
  await build(join(workspace, 'docs'), { base, outDir: folder });
  await buildByVite({
    configFile: join(workspace, 'apps/playground/vite.config.ts'),
    logLevel: 'warn',
    define: { 'import.meta.env.VITE_SITE': JSON.stringify('../index.html') },
    build: { outDir: join(folder, 'playground'), emptyOutDir: true },
  });
  return folder;
}
