/** Attention of blocks in float64, from the docstring of `BlockAttention`: every query over the list of keys it sees. */

/** Float64 values by name. */
export type Values64 = Record<string, Float64Array>;

/** Sizes by the letters of `BlockAttention`. */
export interface Structure {
  B: number;
  T: number;
  N: number;
  M: number;
  H: number;
  Hkv: number;
  D: number;
  F: number;
  m: number;
  C: number;
  /** Width of values; D unless given. */
  Dv?: number;
  /** Sinks; none unless given. */
  S?: number;
  visible: number[];
  causalOffset: number | undefined;
  window?: number | undefined;
  scale?: number | undefined;
  /** Whether memory keys hold positions relative to their block. */
  rotated: boolean;
}

/** Base of the rotary angles: low, so that short blocks turn far. */
export const theta = 30;

/** Shapes of the inputs that the structure has. */
export function shapesOf(structure: Structure): Record<string, number[]> {
  const { B, T, N, M, H, Hkv, D, F, m, C, Dv = D, S = 0 } = structure;
  const both = (k: string, v: string, ...sizes: number[]) =>
    sizes.every((size) => size > 0) ? { [k]: [B, ...sizes, Hkv, D], [v]: [B, ...sizes, Hkv, Dv] } : {};
  return {
    q: [B, T, N, H, D],
    ...both('k', 'v', T, M),
    ...both('famK', 'famV', T, F),
    ...both('memoryK', 'memoryV', m, C),
    ...both('sinksK', 'sinksV', S),
  };
}

/** [B, T, N, H, Dv] */
export function valueShape({ B, T, N, H, D, Dv = D }: Structure): number[] {
  return [B, T, N, H, Dv];
}

/** The value [B, T, N, H, Dv], and the gradients of Σ upstream · value by input name. */
export function exactAttention(
  structure: Structure,
  inputs: Values64,
  upstream?: ArrayLike<number>,
): { value: Float64Array; gradients: Values64 } {
  const { B, T, N, H, Hkv, D, Dv = D, scale = 1 / Math.sqrt(D) } = structure;
  const value = new Float64Array(B * T * N * H * Dv);
  const gradients = Object.fromEntries(
    Object.entries(inputs).map(([name, { length }]) => [name, new Float64Array(length)]),
  );
  let number = 0;
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < T; t++) {
      for (let i = 0; i < N; i++) {
        for (let h = 0; h < H; h++, number++) {
          const query = vector(inputs.q!, number * D, D);
          const seen = keysSeen(structure, b, t, i, Math.floor(h / (H / Hkv)));
          const keys = seen.map(({ k, row, angle }) => rotated(vector(inputs[k]!, row * D, D), -angle));
          const values = seen.map(({ v, row }) => vector(inputs[v]!, row * Dv, Dv));
          const weights = softmax(keys.map((key) => scale * dot(query, key)));
          for (const [j, weight] of weights.entries()) add(value, number * Dv, weight, values[j]!);
          if (!upstream) continue;

          const dy = vector(upstream, number * Dv, Dv);
          const dWeights = values.map((v) => dot(dy, v));
          const delta = dot(weights, dWeights);
          seen.forEach(({ k, v, row, angle }, j) => {
            const dS = scale * weights[j]! * (dWeights[j]! - delta);
            add(gradients.q!, number * D, dS, keys[j]!);
            add(gradients[k]!, row * D, dS, rotated(query, angle));
            add(gradients[v]!, row * Dv, weights[j]!, dy);
          });
        }
      }
    }
  }
  return { value, gradients };
}

/** A key and its value: the names of their tensors, their row there, and the tokens by which the key is rotated back. */
interface Seen {
  k: string;
  v: string;
  row: number;
  angle: number;
}

function keysSeen(structure: Structure, b: number, t: number, i: number, head: number): Seen[] {
  const { T, M, Hkv, F, m, C, S = 0, visible, causalOffset, window } = structure;
  const tokens = (
    pair: readonly [k: string, v: string],
    blocks: number,
    block: number,
    length: number,
    back: number,
  ): Seen[] =>
    Array.from({ length }, (_, token) => ({
      ...{ k: pair[0], v: pair[1], angle: structure.rotated ? back * C : 0 },
      row: ((b * blocks + block) * length + token) * Hkv + head,
    }));
  // Blocks from the first of the memory to the last of the call, in one count.
  const run = (place: number, back: number) =>
    place < m ? tokens(['memoryK', 'memoryV'], m, place, C, back) : tokens(['k', 'v'], T, place - m, M, back);
  const isNear = (back: number) => (_: Seen, token: number) =>
    window === undefined || causalOffset! + i - (token - back * C) < window;
  const memory = Array.from({ length: m }, (_, index) => index + 1)
    .filter((s) => s - t <= visible[b]!)
    .flatMap((s) => run(m - s + t, s).filter(isNear(s)));
  const own = run(m + t, 0)
    .filter((_, j) => causalOffset === undefined || j <= causalOffset + i)
    .filter(isNear(0));
  const fam = tokens(['famK', 'famV'], T, t, F, 0);
  const sinks = m + 1 - t <= visible[b]! ? tokens(['sinksK', 'sinksV'], 1, 0, S, 0) : [];
  return [...fam, ...sinks, ...memory, ...own];
}

function vector(values: ArrayLike<number>, at: number, D: number): number[] {
  return Array.from({ length: D }, (_, j) => values[at + j]!);
}

function dot(x: number[], y: number[]): number {
  return x.reduce((sum, value, j) => sum + value * y[j]!, 0);
}

function add(to: Float64Array, at: number, factor: number, from: number[]): void {
  for (const [j, value] of from.entries()) to[at + j]! += factor * value;
}

function softmax(scores: number[]): number[] {
  const highest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - highest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

/** The vector as it is so many tokens further on. */
function rotated(x: number[], tokens: number): number[] {
  if (tokens === 0) return x;
  const half = x.length / 2;
  return x.map((value, j) => {
    const angle = tokens * theta ** (-(j % half) / half);
    const other = j < half ? -x[j + half]! : x[j - half]!;
    return value * Math.cos(angle) + other * Math.sin(angle);
  });
}
