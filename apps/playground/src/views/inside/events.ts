/** What the job of this view is given, is told, and says. */
import type { fillers } from '../watch/events.ts';

export interface InsideInput {
  /** Address of the page, below which the models lie. */
  base: string;
  /** The key of the text that is looked into; drawn unless given. */
  key: string | undefined;
  seed: number;
  /** Blocks that are read and can be looked at. */
  blocks: number;
  filler: (typeof fillers)[number];
}

/** Asks what each FAM activation after a block is worth. */
export interface InsideCommand {
  type: 'ablate';
  block: number;
}

export type InsideEvent = Opened | TracedBlock | Ablation | Paths;

export interface Opened {
  type: 'opened';
  keys: readonly string[];
  blockSize: number;
  famLength: number;
  layers: number;
  /** Blocks that will be read. */
  blocks: number;
}

/** One block as it was read. */
export interface TracedBlock {
  type: 'block';
  index: number;
  words: readonly string[];
  layers: readonly TracedLayer[];
  /** What the text answers after this block, and how likely the digits of the key are. */
  answer: string;
  sure: readonly number[];
}

interface TracedLayer {
  /** Probabilities [queries, heads, keys]: queries are the block's tokens, then FAM's; keys are FAM, then the block. */
  attention: Float32Array;
  /** Root mean square of FAM after the block. */
  size: number;
  /** Root mean square of how FAM changed by the block, as a share of its size. */
  change: number;
}

/** What is left of the key when one activation of FAM is taken away. */
export interface Ablation {
  type: 'ablation';
  block: number;
  /** How likely the digits of the key are, as it is. */
  whole: readonly number[];
  /** The same without each activation, [layers][F][5]. */
  without: readonly (readonly (readonly number[])[])[];
  /** What is answered without each, [layers][F]. */
  answers: readonly (readonly string[])[];
}

/** FAM in two dimensions: those along which the resting points of the keys lie farthest apart. */
export interface Paths {
  type: 'paths';
  /** FAM of this text before the first block and after each, [blocks + 1][2]. */
  path: readonly (readonly [number, number])[];
  /** FAM of the other keys after the last block, in the order of `keys` from the second on. */
  resting: readonly (readonly [number, number])[];
  /** The share of the variance that each dimension shows. */
  shares: readonly [number, number];
}
