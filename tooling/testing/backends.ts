/** Runs a suite on every backend that this machine can start, and says which it skipped and why. */
import { type BackendName, setBackend } from '@famjs/backends';
import { beforeAll, describe, test } from 'vitest';
import { failOnGpuErrors } from './gpu-errors.ts';
import { inBrowser, reports } from './reports.ts';

/** Declares `suite` once for each backend; the backend is current while its tests run, and errors of its GPU fail them. */
export const describeEachBackend = (title: string, suite: (backend: BackendName) => void) =>
  describeEach(reports, title, suite);

/** As `describeEachBackend`, but pages leave to Node what it has too: for what takes long, and is the same in a page. */
export const describeEachBackendOnce = (title: string, suite: (backend: BackendName) => void) =>
  describeEach(inBrowser ? reports.filter(({ name }) => name === 'webgl') : reports, title, suite);

/** As `describeEachBackendOnce`, for what kernels compute: pages have those of relaxed SIMD, which Node has from 22 on. */
export const describeEachModuleOnce = (title: string, suite: (backend: BackendName) => void) =>
  describeEach(inBrowser ? reports.filter(({ name }) => name !== 'webgpu') : reports, title, suite);

function describeEach(on: typeof reports, title: string, suite: (backend: BackendName) => void): void {
  for (const { name, reason } of on) {
    describe(`${title} on ${name}`, () => {
      if (reason) {
        test.skip(`skipped: ${reason}`, () => {});
        return;
      }
      beforeAll(async () => {
        await setBackend(name);
      });
      failOnGpuErrors();
      suite(name);
    });
  }
}
