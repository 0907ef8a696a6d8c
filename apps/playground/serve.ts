/** `pnpm playground`: builds the playground, serves it, and prints its address. `--folder` is where it is built to. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build, preview } from 'vite';

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: join(import.meta.dirname, 'dist') },
    port: { type: 'string', default: '4173' },
  },
});

// Who started it with a channel, as tests do, takes it along when they end.
process.once('disconnect', () => process.exit());

const configFile = join(import.meta.dirname, 'vite.config.ts');
const options = {
  configFile,
  logLevel: 'warn',
  build: { outDir: values.folder, emptyOutDir: true },
} as const;

await build(options);
const server = await preview({ ...options, preview: { port: Number(values.port) } });
console.log(`The playground is at ${server.resolvedUrls!.local[0]}`);
