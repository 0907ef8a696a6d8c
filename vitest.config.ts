/** The unit tests: beside the sources and in each `test/`, on the sources themselves, with no build step. */
import { existsSync } from 'node:fs';
import { playwright } from '@vitest/browser-playwright';
import { defaultClientConditions, defaultServerConditions } from 'vite';
import { defineConfig, defineProject } from 'vitest/config';
import { launchOptions } from './tooling/browser/launch.ts';
import { chromiumPath, emulateGpu } from './tooling/browser/machine.ts';
import { BackendTable } from './tooling/testing/table.ts';
import { WorstCaseTable } from './tooling/testing/worst-case.ts';

emulateGpu();

const source = '@famjs/source';
/** Milliseconds for a test or a hook that hangs. Vitest's own, of 10 s for a hook, end a backend's start on a busy machine. */
const patience = { testTimeout: 300_000, hookTimeout: 300_000 };
/** Files of a worker share the backends that it has started, and the shaders that an emulated GPU took seconds to compile. */
const shared = { ...patience, setupFiles: ['tooling/testing/seed.ts'], isolate: false };
/** With room for young objects, which tapes make by the thousand, collecting them takes about 5 % less of a test's processor time. */
const roomy = { ...shared, execArgv: ['--max-semi-space-size=64'] };

/**
 * Files that take backends away for good, as TF.js registers most of them once in a process, or gigabytes that wasm never gives back, or
 * that collect garbage again and again, which takes long where other files have left theirs.
 */
const alone = [
  'packages/backends/src/set-backend.test.ts',
  'packages/zoo/test/loading-memory.test.ts',
  'packages/zoo/test/presets.test.ts',
  'tooling/testing/set-backend.test.ts',
];

const node = defineProject({
  ssr: { resolve: { conditions: [source, ...defaultServerConditions] } },
  test: {
    name: 'node',
    include: [
      '{packages,apps}/*/{src,test}/**/*.test.ts',
      'tooling/*/*.test.ts',
      'examples/fragments/node.test.ts',
    ],
    exclude: ['**/node_modules/**', 'tooling/packages/**', ...alone],
    ...roomy,
  },
});

const nodeAlone = defineProject({
  ssr: { resolve: { conditions: [source, ...defaultServerConditions] } },
  test: { ...roomy, name: 'node-alone', include: alone, isolate: true },
});

/** What computes: in the browser too. */
const chromium = defineProject({
  resolve: { conditions: [source, ...defaultClientConditions] },
  // As an app has copied them.
  publicDir: 'packages/zoo/models',
  test: {
    name: 'browser',
    include: [
      'packages/ops/src/{,webgpu/}*.test.ts',
      'packages/kernels/src/{,webgl/}attention.test.ts',
      'packages/kernels/test/table.test.ts',
      'packages/layer/test/*.test.ts',
      'packages/zoo/test/{ahead,backends,lost-device,session,stored,worker}.test.ts',
      'packages/trainer/test/{optimizers,parity,lost-device,train}.test.ts',
      'packages/tasks/test/evaluate.test.ts',
      'tooling/testing/*.test.ts',
      'examples/fragments/page.test.ts',
    ],
    ...shared,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      connectTimeout: patience.hookTimeout,
      provider: playwright({ launchOptions }),
      instances: [{ browser: 'chromium', name: 'chromium' }],
    },
  },
});

export default defineConfig({
  test: {
    slowTestThreshold: 5_000,
    maxWorkers: 2,
    reporters: ['default', 'json', new BackendTable(), new WorstCaseTable()],
    outputFile: 'reports/unit.json',
    provide: { seed: Number(process.env.FAMJS_SEED ?? 2404_09173) },
    projects: existsSync(chromiumPath) ? [node, nodeAlone, chromium] : [node, nodeAlone],
  },
});
