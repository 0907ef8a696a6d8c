/** The queries of a call one by one, each with the keys that it sees: the structure of attention in plain loops. */
import { type AttentionAttributes, type AttentionTensors, sizesOf } from '../problem.ts';

/** Keys of one segment that a query sees. */
export interface Run {
  /** Names of the tensors that hold keys and values, and where in both each key begins. */
  pair: readonly ['k', 'v'] | readonly ['famK', 'famV'] | readonly ['memoryK', 'memoryV'];
  places: number[];
  /** How many blocks back the segment lies. */
  back: number;
}

/**
 * Calls `visit` for all queries in the order of [B, T, N, H].
 *
 * @param visible the values of the tensor of that name
 */
export function eachQuery(
  tensors: AttentionTensors,
  visible: ArrayLike<number>,
  { causalOffset }: AttentionAttributes,
  visit: (query: number, runs: Run[]) => void,
): void {
  const { B, T, N, M, H, Hkv, D, F, m, C } = sizesOf(tensors);

  const runsOf = (b: number, t: number, i: number, head: number): Run[] => {
    const runs: Run[] = [];
    const see = (pair: Run['pair'], block: number, size: number, back: number, length = size) => {
      const places = Array.from({ length }, (_, key) => ((block * size + key) * Hkv + head) * D);
      runs.push({ pair, places, back });
    };
    if (F > 0) see(['famK', 'famV'], b * T + t, F, 0);
    for (let back = m; back > 0; back--) {
      if (back <= t) see(['k', 'v'], b * T + t - back, M, back);
      else if (back - t <= visible[b]!) see(['memoryK', 'memoryV'], b * m + m - back + t, C, back);
    }
    see(['k', 'v'], b * T + t, M, 0, causalOffset === undefined ? M : Math.min(M, causalOffset + i + 1));
    return runs;
  };

  let query = 0;
  for (let b = 0; b < B; b++)
    for (let t = 0; t < T; t++)
      for (let i = 0; i < N; i++)
        for (let h = 0; h < H; h++) visit(query++, runsOf(b, t, i, Math.floor((h * Hkv) / H)));
}
