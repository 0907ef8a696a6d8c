/** Random numbers that a checkpoint can hold: xoroshiro128+ with its state in plain numbers. */
import { xoroshiro128plus, xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Uniform whole number in 0 … limit − 1. */
  below(limit: number): number;
  /** `count` draws of the standard normal distribution (Box–Muller). */
  normals(count: number): Float32Array;
  /** What `restoreRandom` needs to go on from here. */
  save(): readonly number[];
}

export function seededRandom(seed: number): Random {
  return restoreRandom(xoroshiro128plus(seed).getState());
}

export function restoreRandom(state: readonly number[]): Random {
  const generator = xoroshiro128plusFromState(state);
  // Half a step off the grid keeps 0 out of the logarithm below.
  const open = () => ((generator.next() >>> 0) + 0.5) / 2 ** 32;
  return {
    uniform: () => (generator.next() >>> 0) / 2 ** 32,
    below: (limit) => Math.floor(((generator.next() >>> 0) / 2 ** 32) * limit),
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
    save: () => generator.getState(),
  };
}
