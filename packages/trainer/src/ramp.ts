/** Numbers that change over a training run: learning rates, strengths of noise. */

export interface RampPiece {
  steps: number;
  /** Value at the first step of the piece. */
  from: number;
  /** Value that the piece ends with. */
  to: number;
  /** How it gets there; linear unless given. */
  shape?: 'linear' | 'cosine';
}

/** A number stands for itself at every step. */
export type Ramp =
  | number
  | {
      /** Steps over which the value rises from nearly 0 to that of its piece, at the beginning and after each restart; 0 unless given. */
      warmup?: number;
      pieces: readonly RampPiece[];
    };

/**
 * The value at step `step`, which counts from 0; after the last piece its final value stays.
 *
 * @param began the step of the last restart
 */
export function valueAt(ramp: Ramp, step: number, began = 0): number {
  if (typeof ramp === 'number') return ramp;
  const { warmup = 0, pieces } = ramp;
  const rise = Math.min(1, (step - began + 1) / Math.max(1, warmup));
  let begin = 0;
  for (const { steps, from, to, shape } of pieces) {
    if (step < begin + steps) {
      const along = (step - begin) / steps;
      const share = shape === 'cosine' ? (1 - Math.cos(Math.PI * along)) / 2 : along;
      return rise * (from + (to - from) * share);
    }
    begin += steps;
  }
  return rise * (pieces.at(-1)?.to ?? 0);
}
