/** How the playground is built: static files with relative addresses, for any file host. */
import { defaultClientConditions, defineConfig } from 'vite';
import { shippedModels } from './build/models.ts';
import { offline } from './build/offline.ts';
import { contentPolicy, headers } from './build/policy.ts';

const conditions = ['@famjs/source', ...defaultClientConditions];

/** Which backend a file of the bundle belongs to, so that its name tells. */
function named({ moduleIds }: { moduleIds: string[] }): string {
  const backend = moduleIds
    .map((id) => /tfjs-backend-(\w+)|(?:ops|kernels)\/src\/(wasm|webgl|webgpu)\//.exec(id))
    .find(Boolean);
  return `assets/${backend ? `backend-${backend[1] ?? backend[2]}` : '[name]'}-[hash].js`;
}

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  appType: 'mpa',
  resolve: { conditions },
  worker: { format: 'es', rolldownOptions: { output: { chunkFileNames: named } } },
  plugins: [contentPolicy(), shippedModels(), offline()],
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  preview: { headers },
});
