/** Random structures of attention, small and of every kind. */
import type fastCheck from 'fast-check';
import type { Structure } from './oracle.ts';

/** Any structure that the docstring of `BlockAttention` allows. */
export function structures(fc: typeof fastCheck): fastCheck.Arbitrary<Structure> {
  const between = (min: number, max: number) => fc.integer({ min, max });
  return fc
    .record({
      B: between(1, 3),
      T: between(1, 4),
      N: between(1, 12),
      M: between(1, 12),
      C: between(1, 12),
      group: between(1, 3),
      Hkv: between(1, 3),
      half: between(1, 9),
      odd: fc.boolean(),
      F: between(0, 5),
      m: between(0, 3),
      rows: fc.array(between(0, 3), { minLength: 3, maxLength: 3 }),
      causalOffset: fc.option(between(0, 12), { nil: undefined }),
      rotated: fc.boolean(),
    })
    .map(({ group, half, odd, rows, ...sizes }) => ({
      ...sizes,
      M: sizes.m > 0 && sizes.T > 1 ? sizes.C : sizes.M,
      H: sizes.Hkv * group,
      D: odd && !sizes.rotated ? 2 * half - 1 : 2 * half,
      visible: rows.slice(0, sizes.B).map((segments) => Math.min(segments, sizes.m)),
    }));
}
