/** How the properties of this package are checked: a few random cases, and named tensors compared. */
import { expectClose, runs, type Tolerance } from '@famjs/testing';
import fc from 'fast-check';

/** Float32 forward passes that differ in the order of their sums. */
export const forwardTolerance: Tolerance = { relative: 1e-5, absolute: 1e-6 };

/** Checks `property` on a few random cases. A failure names the seed and the smallest case that fails. */
export async function holds<Case>(
  cases: fc.Arbitrary<Case>,
  property: (sample: Case) => Promise<void>,
  most = 4,
): Promise<void> {
  await fc.assert(fc.asyncProperty(cases, property), { numRuns: runs(most) });
}

type Values = Record<string, ArrayLike<number>>;

/** Fails unless both sides have the same names and close values. */
export async function expectAllClose(actual: Values, expected: Values, tolerance: Tolerance): Promise<void> {
  const [names, wanted] = [Object.keys(actual).sort(), Object.keys(expected).sort()];
  if (names.join() !== wanted.join()) throw new Error(`there are ${names}, expected ${wanted}`);
  for (const name of names) await expectClose(actual[name]!, expected[name]!, tolerance, name);
}
