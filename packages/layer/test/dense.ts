/** A plain Transformer in float64, by loops over tokens and a mask: what block sliding windows without FAM must equal. */
import { layerWeightNames } from './llama.ts';
import { type Stack, textOf, valuesOf, weightsOf } from './stacks.ts';

/** Activations of the tokens of one text. */
type Rows = Float64Array[];
type Values = ArrayLike<number>;

/** Whether a query at one position of the text sees the key at another. */
export type Mask = (query: number, key: number) => boolean;

/** Activations [rows, tokens, d] above the stack, for the text that `readText` reads. */
export async function denseText(stack: Stack, tokens: number, sees: Mask): Promise<Float64Array> {
  const { x, ...weights } = await valuesOf(() => ({ x: textOf(stack, tokens), ...weightsOf(stack) }));
  const { width } = stack.config;
  const rows = Array.from({ length: stack.rows * tokens }, (_, t) =>
    Float64Array.from(x!.subarray(t * width, (t + 1) * width)),
  );
  const texts = Array.from({ length: stack.rows }, (_, row) => rows.slice(row * tokens, (row + 1) * tokens));
  return Float64Array.from(
    texts.flatMap((text) => denseStack(stack, weights, text, sees).flatMap((y) => [...y])),
  );
}

function denseStack(stack: Stack, weights: Record<string, Values>, text: Rows, sees: Mask): Rows {
  let x = text;
  for (let index = 0; index < stack.depth; index++) {
    const own = layerWeightNames(index).map((name) => weights[name]!);
    x = denseLayer(stack, own, x, sees);
  }
  return x;
}

function denseLayer({ config }: Stack, weights: Values[], x: Rows, sees: Mask): Rows {
  const [inputNorm, wq, wk, wv, wo, postNorm, gate, up, down] = weights;
  const { headWidth, theta, normEpsilon } = config;
  const normed = norm(x, inputNorm!, normEpsilon);
  const [q, k] = [wq!, wk!].map((weight) => turn(times(normed, weight), headWidth, theta)) as [Rows, Rows];
  const middle = plus(x, times(attend(q, k, times(normed, wv!), headWidth, sees), wo!));
  const inner = norm(middle, postNorm!, normEpsilon);
  const raised = times(inner, up!);
  const gated = times(inner, gate!).map((row, t) =>
    row.map((g, i) => (g / (1 + Math.exp(-g))) * raised[t]![i]!),
  );
  return plus(middle, times(gated, down!));
}

function attend(q: Rows, k: Rows, v: Rows, D: number, sees: Mask): Rows {
  const group = q[0]!.length / k[0]!.length;
  return q.map((query, t) =>
    query.map((_, place) => {
      const head = Math.floor(place / D);
      const from = Math.floor(head / group) * D;
      const score = (key: Float64Array) =>
        sum(D, (i) => query[head * D + i]! * key[from + i]!) / Math.sqrt(D);
      const shares = k.map((key, s) => (sees(t, s) ? Math.exp(score(key)) : 0));
      const total = shares.reduce((a, b) => a + b);
      return sum(k.length, (s) => (shares[s]! / total) * v[s]![from + (place % D)]!);
    }),
  );
}

/** RoPE in the half-split layout at the absolute positions 0, 1, … */
function turn(x: Rows, D: number, theta: number): Rows {
  const half = D / 2;
  return x.map((row, position) =>
    row.map((value, place) => {
      const j = place % D;
      const angle = position * theta ** ((-2 * (j % half)) / D);
      const partner = j < half ? -row[place + half]! : row[place - half]!;
      return value * Math.cos(angle) + partner * Math.sin(angle);
    }),
  );
}

function norm(x: Rows, gain: Values, epsilon: number): Rows {
  return x.map((row) => {
    const scale = 1 / Math.sqrt(sum(row.length, (i) => row[i]! ** 2) / row.length + epsilon);
    return row.map((value, i) => value * scale * gain[i]!);
  });
}

/** x · weightᵀ for a weight [out, in]. */
function times(x: Rows, weight: Values): Rows {
  return x.map((row) => {
    const inner = row.length;
    return new Float64Array(weight.length / inner).map((_, out) =>
      sum(inner, (i) => row[i]! * weight[out * inner + i]!),
    );
  });
}

const plus = (a: Rows, b: Rows): Rows => a.map((row, t) => row.map((value, i) => value + b[t]![i]!));

function sum(count: number, term: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += term(i);
  return total;
}
