/** Structures of attention that cross the edges of tiles, vectors and groups, by what they show. */
import type { Structure } from './oracle.ts';

/** One block that sees FAM and two memory segments, causally; 6 is a width without whole vectors. */
const ordinary: Structure = {
  ...{ B: 1, T: 1, N: 8, M: 8, C: 8, H: 2, Hkv: 2, D: 6, F: 3, m: 2 },
  ...{ visible: [2], causalOffset: 0, rotated: true },
};

export const edges: Record<string, Structure> = {
  'more keys than a tile': { ...ordinary, N: 100, M: 100, C: 100, H: 1, Hkv: 1 },
  'tiles that end with a segment': { ...ordinary, N: 64, M: 64, C: 64, F: 64, H: 1, Hkv: 1 },
  'heads of 40': { ...ordinary, N: 17, M: 17, C: 17, F: 9, H: 6, D: 40 },
  'the widest heads': { ...ordinary, N: 5, M: 5, C: 5, D: 256 },
  'multi-query heads and blocks that see each other': {
    ...ordinary,
    ...{ B: 2, T: 4, N: 12, M: 12, C: 12, H: 4, Hkv: 1, D: 8, m: 3, visible: [3, 1] },
  },
  'heads of 64': { ...ordinary, N: 20, M: 20, C: 20, F: 17, H: 2, Hkv: 1, D: 64 },
  'heads of 128': { ...ordinary, N: 9, M: 9, C: 9, F: 9, H: 1, Hkv: 1, D: 128 },
  'a part of a block': { ...ordinary, N: 5, M: 40, C: 40, causalOffset: 20 },
  'one token': { ...ordinary, N: 1, M: 70, C: 70, D: 32, causalOffset: 68 },
  'one token of several rows': {
    ...ordinary,
    ...{ B: 3, N: 1, M: 33, C: 33, H: 4, Hkv: 2, D: 16, m: 3, visible: [0, 2, 3], causalOffset: 0 },
  },
  'a window, sinks and values of another width': {
    ...ordinary,
    ...{ B: 3, T: 4, N: 20, M: 20, C: 20, H: 4, Hkv: 2, D: 24, Dv: 40, S: 3 },
    ...{ visible: [0, 2, 3], window: 27, scale: 0.3 },
  },
  'a window within the block': {
    ...ordinary,
    N: 70,
    M: 70,
    C: 70,
    H: 1,
    Hkv: 1,
    m: 1,
    visible: [1],
    window: 9,
  },
  'one token with a window and sinks': {
    ...ordinary,
    ...{ B: 2, N: 1, M: 70, C: 80, H: 4, Hkv: 2, D: 32, Dv: 16, S: 4, visible: [3, 2] },
    ...{ causalOffset: 69, window: 130 },
  },
  'sinks without memory': { ...ordinary, B: 2, T: 3, m: 0, C: 0, F: 0, S: 5, visible: [1, 0] },
  'heads of 512': { ...ordinary, N: 3, M: 3, C: 3, H: 1, Hkv: 1, D: 512, Dv: 260, F: 1, m: 1, visible: [1] },
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
