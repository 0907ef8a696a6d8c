/** What a step of training reads: rows of tokens, and where in them something is to be predicted. */
/** Tokens to predict, in any order; all arrays have one length. */
export interface Targets {
  /** row · S + position of the token whose logits predict. */
  places: Int32Array;
  labels: Int32Array;
  /** Weight in the loss. */
  weights: Float32Array;
  /** 1 where the prediction counts for the accuracies, 0 where it only teaches. */
  scored: Uint8Array;
}

/** Rows of tokens that are read side by side. */
export interface Batch {
  /** B: rows. */
  rows: number;
  /** S: tokens per row. */
  length: number;
  /** [B · S], row after row. */
  tokens: Int32Array;
  targets: Targets;
  /** For stateful lanes, whether a row goes on from where the step before left it; absent: every row starts afresh. */
  continues?: readonly boolean[];
}

/** A source of batches that can be saved and restored in the middle. */
export interface Task {
  /** The batch of step `step` of the run of a seed, which name everything random in it (`stream`). */
  batch(step: number, seed: number): Batch;
  /** What the source must know to go on from here, as plain JSON. */
  save(): unknown;
  /** @throws CheckpointError when `saved` is not what this source saves */
  restore(saved: unknown): void;
}

/** Collects targets one by one. */
export function targetList() {
  const list: { place: number; label: number; weight: number; scored: boolean }[] = [];
  return {
    add: (place: number, label: number, weight: number, scored: boolean) =>
      list.push({ place, label, weight, scored }),
    targets: (): Targets => ({
      places: Int32Array.from(list, ({ place }) => place),
      labels: Int32Array.from(list, ({ label }) => label),
      weights: Float32Array.from(list, ({ weight }) => weight),
      scored: Uint8Array.from(list, ({ scored }) => Number(scored)),
    }),
  };
}
