/**
 * Random numbers as streams that are named, never ordered: a generator is made from a hash of (seed, purpose, step, layer …),
 * so that who drew before changes nothing, and no state of a generator needs keeping.
 */

/** What a stream is for. Equal seeds with other purposes have nothing in common. */
export type Purpose =
  | 'weights'
  | 'data'
  | 'noise'
  | 'state passing'
  | 'position offset'
  | 'sampling'
  | 'test keys'
  | 'filler';

export interface Random {
  /** Uniform in [0, 1), in steps of 2⁻³². */
  uniform(): number;
  /** Uniform whole number in 0 … limit − 1. */
  below(limit: number): number;
  /** `count` draws of the standard normal distribution (Box–Muller). */
  normals(count: number): Float32Array;
}

/**
 * The stream of a name.
 *
 * @param indices what it is for more closely: a step, a layer, a block, the name of a weight
 */
export function stream(seed: number, purpose: Purpose, ...indices: readonly (number | string)[]): Random {
  const name = JSON.stringify([seed, purpose, ...indices]);
  const next = xoshiro128([0, 1, 2, 3].map((word) => hashOf(name, word)));
  // Half a step off the grid keeps 0 out of the logarithm below.
  const open = () => (next() + 0.5) / 2 ** 32;
  return {
    uniform: () => next() / 2 ** 32,
    below: (limit) => Math.floor((next() / 2 ** 32) * limit),
    normals(count) {
      const values = new Float32Array(count);
      for (let i = 0; i < count; i += 2) {
        const radius = Math.sqrt(-2 * Math.log(open()));
        const angle = 2 * Math.PI * open();
        values[i] = radius * Math.cos(angle);
        if (i + 1 < count) values[i + 1] = radius * Math.sin(angle);
      }
      return values;
    },
  };
}

const rotate = (x: number, by: number) => (x << by) | (x >>> (32 - by));

/**
 * MurmurHash3 (x86, 32 bits; Appleby) of a text in UTF-8: a whole number in 0 … 2³² − 1.
 *
 * @param text whole, or in parts of which one exists at a time
 */
export function hashOf(text: string | Iterable<string>, seed = 0): number {
  let [hash, word, length] = [seed, 0, 0];
  for (const part of typeof text === 'string' ? [text] : text) {
    const bytes = encoder.encode(part);
    for (let at = 0; at < bytes.length; at++) {
      word |= bytes[at]! << (8 * (length % 4));
      length++;
      if (length % 4 > 0) continue;
      hash = (Math.imul(rotate(hash ^ scrambled(word), 13), 5) + 0xe6546b64) | 0;
      word = 0;
    }
  }
  hash ^= scrambled(word) ^ length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const encoder = new TextEncoder();
const scrambled = (word: number) => Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);

/** xoshiro128** 1.1 (Blackman and Vigna, 2018) from four words that are not all 0: the next of 0 … 2³² − 1. */
export function xoshiro128(words: readonly number[]): () => number {
  let [a, b, c, d] = words as [number, number, number, number];
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
}
