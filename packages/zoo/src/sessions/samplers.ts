/** Choosing the next token from its logits: plain functions, in the order in which Hugging Face's generation applies them. */

/** How a token is chosen. At temperature 0 it is the most likely one, and nothing else matters but the penalty. */
export interface Sampling {
  /**
   * Makes tokens less likely that were there before, in this call: its prompt, and what it has written. 1 changes nothing.
   */
  repetitionPenalty?: number | undefined;
  /** Divides the logits: below 1 the likely tokens gain, above 1 the others. */
  temperature?: number | undefined;
  /** Only this many of the most likely tokens. */
  topK?: number | undefined;
  /** Only the most likely tokens that together have at least this probability. */
  topP?: number | undefined;
  /** Only tokens with at least this share of the most likely one's probability. */
  minP?: number | undefined;
}

/**
 * The logits with those of `tokens` divided by the penalty where they are above 0 and multiplied by it elsewhere (CTRL,
 * Keskar et al., 2019, as `transformers` reads it): above 1 they become less likely, below 1 more.
 */
export function penalizeRepetition(
  logits: Float32Array,
  tokens: Iterable<number>,
  penalty: number,
): Float32Array {
  const changed = logits.slice();
  for (const token of tokens) {
    const value = logits[token]!;
    changed[token] = value > 0 ? value / penalty : value * penalty;
  }
  return changed;
}

/** The most likely token, the first of equals. */
export function mostLikely(logits: Float32Array): number {
  return logits.reduce((best, value, token) => (value > logits[best]! ? token : best), 0);
}

/** Probabilities [V] from logits [V]. */
export function softmax(logits: Float32Array): Float32Array {
  const largest = logits[mostLikely(logits)]!;
  const exponentials = logits.map((value) => Math.exp(value - largest));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}

/** The logits with −∞ in place of all but the k largest; equals of the k-th stay. */
export function keepTopK(logits: Float32Array, k: number): Float32Array {
  const least = logits.toSorted().at(-Math.min(k, logits.length))!;
  return logits.map((value) => (value < least ? Number.NEGATIVE_INFINITY : value));
}

/** The logits with −∞ in place of those beyond the smallest set of the most likely that has probability p (nucleus sampling). */
export function keepTopP(logits: Float32Array, p: number): Float32Array {
  const probabilities = softmax(logits);
  const order = Array.from(probabilities.keys()).sort((a, b) => probabilities[b]! - probabilities[a]!);
  const kept = new Float32Array(logits.length).fill(Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (const token of order) {
    kept[token] = logits[token]!;
    sum += probabilities[token]!;
    if (sum >= p) break;
  }
  return kept;
}

/** The logits with −∞ in place of those whose probability is below p times the largest. */
export function keepMinP(logits: Float32Array, p: number): Float32Array {
  const least = logits[mostLikely(logits)]! + Math.log(p);
  return logits.map((value) => (value < least ? Number.NEGATIVE_INFINITY : value));
}

/** The token at which the running sum of probabilities passes `uniform`, a draw from [0, 1). */
export function drawToken(logits: Float32Array, uniform: number): number {
  const probabilities = softmax(logits);
  let left = uniform;
  for (let token = 0; token < probabilities.length; token++) {
    left -= probabilities[token]!;
    if (left < 0) return token;
  }
  return probabilities.findLastIndex((probability) => probability > 0); // What rounding left over.
}

/**
 * Repetition penalty, temperature, top-k, top-p, min-p, then the draw.
 *
 * @param before the tokens that a repetition would repeat
 */
export function sample(
  logits: Float32Array,
  { repetitionPenalty = 1, temperature = 1, topK, topP, minP }: Sampling,
  uniform: () => number,
  before: Iterable<number> = [],
): number {
  let left = repetitionPenalty === 1 ? logits : penalizeRepetition(logits, before, repetitionPenalty);
  if (temperature === 0) return mostLikely(left);
  left = left.map((value) => value / temperature);
  if (topK !== undefined) left = keepTopK(left, topK);
  if (topP !== undefined && topP < 1) left = keepTopP(left, topP);
  if (minP) left = keepMinP(left, minP);
  return drawToken(left, uniform());
}
