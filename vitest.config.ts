/** The unit tests: beside the sources and in each `test/`, on the sources themselves, with no build step. */
import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  ssr: { resolve: { conditions: ['@famjs/source', ...defaultServerConditions] } },
  test: {
    include: ['{packages,apps}/*/{src,test}/**/*.test.ts', 'tooling/*/*.test.ts'],
    exclude: ['**/node_modules/**', 'tooling/packages/**'],
    setupFiles: ['tooling/testing/seed.ts'],
    testTimeout: 120_000,
    slowTestThreshold: 5_000,
    maxWorkers: 2,
    reporters: ['default', 'json'],
    outputFile: 'reports/unit.json',
  },
});
