/** Runs a suite on every backend that this machine can start, and says which it skipped and why. */
import { type BackendName, listBackends, setBackend } from '@famjs/backends';
import { beforeAll, describe, test } from 'vitest';

const reports = await listBackends();

/** Declares `suite` once for each backend; the backend is current while its tests run. */
export function describeEachBackend(title: string, suite: (backend: BackendName) => void): void {
  for (const { name, available, reason } of reports) {
    describe(`${title} on ${name}`, () => {
      if (!available) {
        test.skip(`skipped: ${reason}`, () => {});
        return;
      }
      beforeAll(async () => {
        await setBackend(name);
      });
      suite(name);
    });
  }
}
