/** The unit tests: beside the sources and in each `test/`, on the sources themselves, with no build step. */
import { playwright } from '@vitest/browser-playwright';
import { defaultClientConditions, defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';
import { launchOptions } from './tooling/browser/launch.ts';
import { emulateGpu } from './tooling/browser/machine.ts';

emulateGpu();

const source = '@famjs/source';

export default defineConfig({
  test: {
    slowTestThreshold: 5_000,
    maxWorkers: 2,
    reporters: ['default', 'json'],
    outputFile: 'reports/unit.json',
    provide: { seed: Number(process.env.FAMJS_SEED ?? 2404_09173) },
    projects: [
      {
        ssr: { resolve: { conditions: [source, ...defaultServerConditions] } },
        test: {
          name: 'node',
          include: ['{packages,apps}/*/{src,test}/**/*.test.ts', 'tooling/*/*.test.ts'],
          exclude: ['**/node_modules/**', 'tooling/packages/**'],
          setupFiles: ['tooling/testing/seed.ts'],
          testTimeout: 120_000,
        },
      },
      {
        resolve: { conditions: [source, ...defaultClientConditions] },
        test: {
          name: 'chromium',
          include: [
            'packages/ops/src/*.test.ts',
            'packages/kernels/src/attention.test.ts',
            'packages/layer/test/*.test.ts',
            'packages/trainer/test/adamw.test.ts',
          ],
          setupFiles: ['tooling/testing/seed.ts'],
          testTimeout: 120_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
