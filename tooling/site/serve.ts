/** `pnpm site`: builds the site, serves it and prints its address. `--base /path/` is where a host will have it. */
import { parseArgs } from 'node:util';
import { preview } from 'vite';
import { buildSite } from './build.ts';

const { values } = parseArgs({
  options: {
    base: { type: 'string', default: '/' },
    folder: { type: 'string' },
    port: { type: 'string', default: '4173' },
  },
});

const { base, port } = values;
const folder = await buildSite(values);
const server = await preview({
  base,
  configFile: false,
  appType: 'mpa',
  logLevel: 'warn',
  build: { outDir: folder },
  preview: { port: Number(port) },
});
console.log(`The site is at ${server.resolvedUrls!.local[0]}`);
