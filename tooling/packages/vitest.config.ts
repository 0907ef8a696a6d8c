/** The checks of the packages as they would be published: `pnpm test:packages` builds them first. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: 'tooling/packages/setup.ts',
    include: ['tooling/packages/*.test.ts'],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 120_000,
    slowTestThreshold: 20_000,
    reporters: ['default', 'json'],
    outputFile: 'reports/packages.json',
  },
});
