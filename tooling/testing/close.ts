/** The comparator of `@famjs/backends/testing`; each test keeps the comparison that came nearest to its tolerance. */
import * as compared from '@famjs/backends/testing';
import * as tf from '@tensorflow/tfjs-core';
import { TestRunner } from 'vitest';

export { compare, type Tolerance } from '@famjs/backends/testing';

/** The comparison of a test that came nearest to its tolerance. */
export interface WorstCase extends compared.Comparison {
  backend: string;
  what: string;
}

declare module 'vitest' {
  interface TaskMeta {
    worstCase?: WorstCase;
  }
}

/** Fails unless `actual` lies within the tolerance of `expected`. */
export async function expectClose(...sides: Parameters<typeof compared.expectClose>): Promise<void> {
  noteComparison(sides[3] ?? 'tensor', await compared.expectClose(...sides));
}

/** Keeps the comparison with the test that runs, if none of it came nearer to its tolerance. */
export function noteComparison(what: string, comparison: compared.Comparison): void {
  const meta = TestRunner.getCurrentTest()?.meta;
  if (!meta || comparison.share <= (meta.worstCase?.share ?? -1)) return;
  meta.worstCase = { backend: tf.getBackend(), what, ...comparison };
}
