/** Runs a suite on every backend that this machine can start, and says which it skipped and why. */
import { type BackendName, setBackend } from '@famjs/backends';
import { beforeAll, describe, test } from 'vitest';
import { failOnGpuErrors } from './gpu-errors.ts';
import { reports } from './reports.ts';

/** Declares `suite` once for each backend; the backend is current while its tests run, and errors of its GPU fail them. */
export function describeEachBackend(title: string, suite: (backend: BackendName) => void): void {
  for (const { name, reason } of reports) {
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
