/** `pnpm playground`: builds the playground, serves it, and prints its address. */
import { join } from 'node:path';
import { build, preview } from 'vite';

const configFile = join(import.meta.dirname, 'vite.config.ts');

await build({ configFile, logLevel: 'warn' });
const server = await preview({ configFile, logLevel: 'warn' });
console.log(`The playground is at ${server.resolvedUrls!.local[0]}`);
