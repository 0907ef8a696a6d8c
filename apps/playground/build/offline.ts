/** Writes the service worker: `src/offline/service-worker.js` with the list of all files that were built. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const source = join(import.meta.dirname, '../src/offline/service-worker.js');

export function offline(): Plugin {
  return {
    name: 'playground-offline',
    apply: 'build',
    enforce: 'post',
    generateBundle(_, bundle) {
      const files = Object.keys(bundle).filter((file) => !file.endsWith('.map'));
      const hash = createHash('sha256');
      for (const file of files.sort()) {
        const entry = bundle[file]!;
        hash.update(file).update(entry.type === 'chunk' ? entry.code : entry.source);
      }
      const build = { version: hash.digest('hex').slice(0, 16), files: ['./', './icon.svg', ...files] };
      const code = readFileSync(source, 'utf8').replace('globalThis.build', JSON.stringify(build));
      this.emitFile({ type: 'asset', fileName: 'service-worker.js', source: code });
    },
  };
}
