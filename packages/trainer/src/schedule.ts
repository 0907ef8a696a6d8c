/** Numbers that change over a training run: learning rates, strengths of noise. */

export interface SchedulePiece {
  steps: number;
  /** Value at the first step of the piece. */
  from: number;
  /** Value that the piece ends with. */
  to: number;
  /** How it gets there; linear unless given. */
  shape?: 'linear' | 'cosine';
}

export interface Schedule {
  /** Steps over which the value rises from nearly 0 to that of its piece, at the beginning and after each restart; 0 unless given. */
  warmup?: number;
  pieces: readonly SchedulePiece[];
}

/**
 * The value at step `step`, which counts from 0; after the last piece its final value stays.
 *
 * @param began the step of the last restart
 */
export function valueAt({ warmup = 0, pieces }: Schedule, step: number, began = 0): number {
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

/** One value at every step. */
export const constant = (value: number): Schedule => ({ pieces: [{ steps: 1, from: value, to: value }] });
