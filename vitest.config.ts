import { defineConfig } from 'vitest/config';

const source = ['@famjs/source'];

export default defineConfig({
  resolve: { conditions: [...source, 'module', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: [...source, 'module', 'node', 'import', 'default'] } },
  test: {
    include: ['packages/*/{src,test}/**/*.test.ts', 'apps/*/{src,test}/**/*.test.ts', 'tooling/*/*.test.ts'],
    exclude: ['**/node_modules/**', 'tooling/packages/**'],
    testTimeout: 120_000,
    maxWorkers: 2,
  },
});
