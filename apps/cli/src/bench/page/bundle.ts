/** The benchmark as a page: bundled from its own sources, in memory. */
import { fileURLToPath } from 'node:url';
import { BackendUnavailableError } from '@famjs/backends';

/** What a server answers by path. */
export type Files = Map<string, { type: string; body: string | Uint8Array }>;

const entry = fileURLToPath(import.meta.resolve('#bench-page'));
const fromSource = entry.endsWith('.ts');

const html = `<!doctype html><meta charset="utf-8"><title>famjs bench</title>
<p>famjs measures. Leave this page in front, and the machine alone.</p><pre></pre>
<script type="module" src="/page.js"></script>`;

/** @throws BackendUnavailableError when Vite, or a package that it is to bundle, is not installed */
export async function bundlePage(): Promise<Files> {
  const files: Files = new Map([['/', { type: 'text/html', body: html }]]);
  for (const { fileName, body } of await bundled()) {
    const type = fileName.endsWith('.wasm') ? 'application/wasm' : 'text/javascript';
    files.set(`/${fileName}`, { type, body });
  }
  return files;
}

async function bundled(): Promise<{ fileName: string; body: string | Uint8Array }[]> {
  try {
    const vite = await import('vite');
    const outputs = await vite.build({
      configFile: false,
      logLevel: 'silent',
      resolve: {
        conditions: [...(fromSource ? ['@famjs/source'] : []), ...vite.defaultClientConditions],
      },
      build: {
        write: false,
        minify: false,
        modulePreload: false,
        target: 'es2022',
        rolldownOptions: {
          input: entry,
          output: { entryFileNames: 'page.js', chunkFileNames: '[name]-[hash].js' },
        },
      },
    });
    const chunks = [outputs].flat().flatMap((output) => ('output' in output ? output.output : []));
    return chunks.map((chunk) => ({
      fileName: chunk.fileName,
      body: chunk.type === 'chunk' ? chunk.code : chunk.source,
    }));
  } catch (error) {
    throw new BackendUnavailableError(
      {
        wrong: `The page could not be built (${error instanceof Error ? error.message.split('\n')[0] : error}).`,
        expected: 'Vite, and the backends for browsers, beside famjs.',
        remedy: 'npm install vite @tensorflow/tfjs-backend-webgl @tensorflow/tfjs-backend-webgpu',
      },
      { cause: error },
    );
  }
}
