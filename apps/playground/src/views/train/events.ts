/** What the view that trains says to its job, and hears from it. */

export const variants = ['fam-norm', 'fam'] as const;
type VariantName = (typeof variants)[number];

/** How far a training goes. */
export const lengths = ['bind', 'hold'] as const;
export type Length = (typeof lengths)[number];

/** What can be chosen; equal choices are the same training, number for number, on the same backend. */
export interface TrainChoices {
  /** F, FAM's activations a layer; 0 for a model without. */
  famLength: number;
  /** C, tokens of a block. */
  blockSize: number;
  /** m, memory segments. */
  memorySegments: number;
  variant: VariantName;
  /** Tokens of a batch. */
  batch: number;
  /** Disturbances of FAM between blocks. */
  noise: number;
  mix: number;
  hold: number;
  length: Length;
  seed: number;
}

export interface TrainInput {
  choices: TrainChoices;
  plays: boolean;
}

export type TrainCommand =
  | { type: 'play' }
  | { type: 'pause' }
  /** One step, then a pause. */
  | { type: 'step' }
  /** Recall by length as it is now. */
  | { type: 'test' }
  /** The model's files as it is now. */
  | { type: 'give' };

export interface StepNews {
  step: number;
  loss: number;
  /** Shares of the batch's digits, and of its whole keys, that were right. */
  digits: number;
  keys: number;
}

export interface Recall {
  step: number;
  /** By tokens of filler between key and question. */
  shares: readonly { filler: number; digits: number; keys: number }[];
}

export type TrainEvent =
  /** `gone on` from a checkpoint that an earlier visit left, with what was drawn then. */
  | { type: 'opened'; steps: number; history: readonly StepNews[]; recalls: readonly Recall[] }
  | ({ type: 'step'; tokensPerSecond: number; secondsLeft: number } & StepNews)
  | { type: 'testing'; filler: number }
  | ({ type: 'recall' } & Recall)
  /** `kept` where the browser had room for it. */
  | { type: 'saved'; step: number; kept: boolean }
  | { type: 'ended' }
  | { type: 'given'; files: Readonly<Record<string, Uint8Array>> };
