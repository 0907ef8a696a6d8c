/** Structures of attention for tests: random ones, small and of every kind, and ones that cross the edges of tiles. */
import fc from 'fast-check';
import type { Structure } from './oracle.ts';

const between = (min: number, max: number) => fc.integer({ min, max });

/** Any structure that the docstring of `BlockAttention` allows. */
export const structures: fc.Arbitrary<Structure> = fc
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

/** One block that sees FAM and two memory segments, causally; 6 is a width without whole vectors. */
const ordinary: Structure = {
  ...{ B: 1, T: 1, N: 8, M: 8, C: 8, H: 2, Hkv: 2, D: 6, F: 3, m: 2 },
  ...{ visible: [2], causalOffset: 0, rotated: true },
};

export const edges: Record<string, Structure> = {
  'more keys than a tile': { ...ordinary, N: 100, M: 100, C: 100, H: 1, Hkv: 1 },
  'tiles that end with a segment': { ...ordinary, N: 64, M: 64, C: 64, F: 64, H: 1, Hkv: 1 },
  'wide heads in groups': { ...ordinary, N: 17, M: 17, C: 17, H: 6, D: 72 },
  'the widest heads': { ...ordinary, N: 5, M: 5, C: 5, D: 256 },
  'multi-query heads and blocks that see each other': {
    ...ordinary,
    ...{ B: 2, T: 4, N: 12, M: 12, C: 12, H: 4, Hkv: 1, D: 8, m: 3, visible: [3, 1] },
  },
  'a part of a block': { ...ordinary, N: 5, M: 40, C: 40, causalOffset: 20 },
  'one token': { ...ordinary, N: 1, M: 70, C: 70, D: 32, causalOffset: 68 },
  'updates of FAM': {
    ...ordinary,
    B: 3,
    N: 8,
    M: 32,
    F: 8,
    D: 32,
    m: 0,
    visible: [0, 0, 0],
    causalOffset: undefined,
  },
};
