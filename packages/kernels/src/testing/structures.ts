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
      rows: fc.array(between(0, 4), { minLength: 3, maxLength: 3 }),
      valueWidth: fc.option(between(1, 18), { nil: undefined }),
      S: fc.oneof(fc.constant(0), between(1, 4)),
      window: fc.option(between(1, 40), { nil: undefined }),
      scale: fc.option(fc.double({ min: 0.05, max: 2, noNaN: true }), { nil: undefined }),
      causalOffset: fc.option(between(0, 12), { nil: undefined }),
      rotated: fc.boolean(),
    })
    .map(({ group, half, odd, rows, valueWidth, window, ...sizes }) => {
      const D = odd && !sizes.rotated ? 2 * half - 1 : 2 * half;
      const M = sizes.m > 0 && sizes.T > 1 ? sizes.C : sizes.M;
      const N = window === undefined ? sizes.N : Math.min(sizes.N, M);
      return {
        ...sizes,
        ...{ M, N, D, Dv: valueWidth ?? D, H: sizes.Hkv * group },
        ...(window !== undefined && { window, causalOffset: Math.min(sizes.causalOffset ?? 0, M - N) }),
        visible: rows
          .slice(0, sizes.B)
          .map((segments) => Math.min(segments, sizes.m + (sizes.S > 0 ? 1 : 0))),
      };
    });
}
