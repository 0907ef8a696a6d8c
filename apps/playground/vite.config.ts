/** How the playground is built: static files with relative addresses, for any file host. */
import { defaultClientConditions, defineConfig } from 'vite';
import { shippedModels } from './build/models.ts';
import { offline } from './build/offline.ts';
import { contentPolicy, headers } from './build/policy.ts';

const conditions = ['@famjs/source', ...defaultClientConditions];

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  appType: 'mpa',
  resolve: { conditions },
  worker: { format: 'es' },
  plugins: [contentPolicy(), shippedModels(), offline()],
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  preview: { headers },
});
