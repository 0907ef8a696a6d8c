/** Runs a suite on every backend that this machine can start, and says which it skipped and why. */
import { type BackendName, setBackend } from '@famjs/backends';
import { beforeAll, describe, test } from 'vitest';
import { failOnGpuErrors } from './gpu-errors.ts';
import { reports } from './reports.ts';

export interface Suite {
  /** Thousands of kernels, which would take an emulated GPU minutes. */
  heavy?: boolean;
}

/** Declares `suite` once for each backend; the backend is current while its tests run, and errors of its GPU fail them. */
export function describeEachBackend(
  title: string,
  suite: (backend: BackendName) => void,
  { heavy = false }: Suite = {},
): void {
  for (const { name, reason, description } of reports) {
    describe(`${title} on ${name}`, () => {
      const obstacle = description?.emulated && heavy ? 'too heavy for an emulated GPU' : reason;
      if (obstacle) {
        test.skip(`skipped: ${obstacle}`, () => {});
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
