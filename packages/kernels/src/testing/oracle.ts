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
  visible: number[];
  causalOffset: number | undefined;
  /** Whether memory keys hold positions relative to their block. */
  rotated: boolean;
}

/** Base of the rotary angles: low, so that short blocks turn far. */
export const theta = 30;

/** Shapes of the inputs that the structure has. */
export function shapesOf({ B, T, N, M, H, Hkv, D, F, m, C }: Structure): Record<string, number[]> {
  const both = (k: string, v: string, blocks: number, tokens: number) =>
    blocks * tokens > 0 ? { [k]: [B, blocks, tokens, Hkv, D], [v]: [B, blocks, tokens, Hkv, D] } : {};
  return {
    q: [B, T, N, H, D],
    ...both('k', 'v', T, M),
    ...both('famK', 'famV', T, F),
    ...both('memoryK', 'memoryV', m, C),
  };
}

/** The value [B, T, N, H, D], and the gradients of Σ upstream · value by input name. */
export function exactAttention(
  structure: Structure,
  inputs: Values64,
  upstream?: ArrayLike<number>,
): { value: Float64Array; gradients: Values64 } {
  const { B, T, N, H, Hkv, D } = structure;
  const value = new Float64Array(inputs.q!.length);
  const gradients = Object.fromEntries(
    Object.entries(inputs).map(([name, { length }]) => [name, new Float64Array(length)]),
  );
  let at = 0;
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < T; t++) {
      for (let i = 0; i < N; i++) {
        for (let h = 0; h < H; h++, at += D) {
          const query = vector(inputs.q!, at, D);
          const seen = keysSeen(structure, b, t, i, Math.floor(h / (H / Hkv)));
          const keys = seen.map(({ k, place, angle }) => turned(vector(inputs[k]!, place, D), -angle));
          const values = seen.map(({ v, place }) => vector(inputs[v]!, place, D));
          const weights = softmax(keys.map((key) => dot(query, key) / Math.sqrt(D)));
          for (const [j, weight] of weights.entries()) add(value, at, weight, values[j]!);
          if (!upstream) continue;

          const dy = vector(upstream, at, D);
          const dWeights = values.map((v) => dot(dy, v));
          const mean = dot(weights, dWeights);
          seen.forEach(({ k, v, place, angle }, j) => {
            const slope = (weights[j]! * (dWeights[j]! - mean)) / Math.sqrt(D);
            add(gradients.q!, at, slope, keys[j]!);
            add(gradients[k]!, place, slope, turned(query, angle));
            add(gradients[v]!, place, weights[j]!, dy);
          });
        }
      }
    }
  }
  return { value, gradients };
}

/** A key and its value: the names of their tensors, where they begin there, and the tokens by which the key turns back. */
interface Seen {
  k: string;
  v: string;
  place: number;
  angle: number;
}

function keysSeen(structure: Structure, b: number, t: number, i: number, head: number): Seen[] {
  const { T, M, Hkv, D, F, m, C, visible, causalOffset, rotated } = structure;
  const tokens = (
    k: string,
    v: string,
    blocks: number,
    block: number,
    length: number,
    back: number,
  ): Seen[] =>
    Array.from({ length }, (_, token) => ({
      k,
      v,
      place: (((b * blocks + block) * length + token) * Hkv + head) * D,
      angle: rotated ? back * C : 0,
    }));
  const run = (place: number, back: number) =>
    place < m ? tokens('memoryK', 'memoryV', m, place, C, back) : tokens('k', 'v', T, place - m, M, back);
  const memory = Array.from({ length: m }, (_, index) => index + 1)
    .filter((s) => s - t <= visible[b]!)
    .flatMap((s) => run(m - s + t, s));
  const own = run(m + t, 0).filter((_, j) => causalOffset === undefined || j <= causalOffset + i);
  return [...tokens('famK', 'famV', T, t, F, 0), ...memory, ...own];
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
function turned(x: number[], tokens: number): number[] {
  if (tokens === 0) return x;
  const half = x.length / 2;
  return x.map((value, j) => {
    const angle = tokens * theta ** (-(j % half) / half);
    const other = j < half ? -x[j + half]! : x[j - half]!;
    return value * Math.cos(angle) + other * Math.sin(angle);
  });
}
