/** The queries of a call one by one, each with the keys that it sees: the structure of attention in plain loops. */
import type { Problem } from '../problem.ts';

/** Keys of one segment that a query sees. */
export interface Run {
  /** Names of the tensors that hold keys and values. */
  pair:
    | readonly ['k', 'v']
    | readonly ['famK', 'famV']
    | readonly ['sinksK', 'sinksV']
    | readonly ['memoryK', 'memoryV'];
  /** Each key's place among the rows of heads of both. */
  rows: number[];
  /** How many blocks back the segment lies; 0 too where nothing rotates. */
  back: number;
}

/**
 * Calls `visit` for all queries in the order of [B, T, N, H].
 *
 * @param visible the values of the tensor of that name
 */
export function eachQuery(
  problem: Problem,
  visible: ArrayLike<number>,
  visit: (query: number, runs: Run[]) => void,
): void {
  const { B, T, N, M, H, Hkv, F, S, m, C, causalOffset, window = Number.POSITIVE_INFINITY } = problem;
  const { ownPitch, ownFirst, memoryPitch, memoryFirst, sinksBack } = problem;

  const runsOf = (b: number, t: number, i: number, head: number): Run[] => {
    const runs: Run[] = [];
    const see = (pair: Run['pair'], first: number, back: number, from: number, to: number) => {
      const length = Math.max(0, to - Math.max(0, from));
      const rows = Array.from({ length }, (_, key) => (first + Math.max(0, from) + key) * Hkv + head);
      runs.push({ pair, rows, back });
    };
    const oldest = (causalOffset ?? 0) + i + 1 - window;
    if (F > 0) see(['famK', 'famV'], (b * T + t) * F, 0, 0, F);
    if (S > 0 && sinksBack - t <= visible[b]!) see(['sinksK', 'sinksV'], b * S, 0, 0, S);
    for (let back = m; back > 0; back--) {
      const from = oldest + back * C;
      const place = m - back + t;
      if (back <= t) see(['k', 'v'], b * ownPitch + ownFirst + (t - back) * M, back, from, M);
      else if (back - t <= visible[b]!) {
        see(['memoryK', 'memoryV'], b * memoryPitch + memoryFirst + place * C, back, from, C);
      }
    }
    const end = causalOffset === undefined ? M : Math.min(M, causalOffset + i + 1);
    see(['k', 'v'], b * ownPitch + ownFirst + t * M, 0, oldest, end);
    return runs;
  };

  let query = 0;
  for (let b = 0; b < B; b++)
    for (let t = 0; t < T; t++)
      for (let i = 0; i < N; i++)
        for (let h = 0; h < H; h++) visit(query++, runsOf(b, t, i, Math.floor((h * Hkv) / H)));
}
