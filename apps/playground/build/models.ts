/** Serves the shipped models below `models/`, from where they lie in the workspace. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const workspace = join(import.meta.dirname, '../../..');
const folders = {
  'passkey-fam': join(workspace, 'packages/zoo/models/passkey-fam'),
  'passkey-bswa2': join(workspace, 'apps/cli/models/passkey-bswa2'),
};

/** The models' files by their path below the page. */
const files = new Map(
  Object.entries(folders).flatMap(([name, folder]) =>
    readdirSync(folder).map((file): [string, string] => [`models/${name}/${file}`, join(folder, file)]),
  ),
);

export function shippedModels(): Plugin {
  return {
    name: 'playground-models',
    configureServer({ middlewares }) {
      middlewares.use((request, response, next) => {
        const file = files.get((request.url ?? '').slice(1).split('?')[0]!);
        if (file) response.end(readFileSync(file));
        else next();
      });
    },
    generateBundle() {
      if (this.environment.name !== 'client') return;
      for (const [fileName, file] of files) {
        this.emitFile({ type: 'asset', fileName, source: readFileSync(file) });
      }
    },
  };
}
