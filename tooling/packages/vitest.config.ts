/** The checks of the packages as they would be published: `turbo run //#test:packages` builds first, then runs them. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tooling/packages/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    reporters: ['default', 'json'],
    outputFile: 'reports/packages.json',
  },
});
