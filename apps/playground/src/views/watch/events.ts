/** What the job of this view is given, is told, and says. */

/** The contestants: with FAM, and with a window of two memory segments. */
export const contestants = ['fam', 'bswa'] as const;
export type Contestant = (typeof contestants)[number];

export const fillers = ['periodic', 'shuffled'] as const;

export interface WatchInput {
  /** The name of a kept model of the visitor's own that stands in place of the shipped one with FAM. */
  own: string | undefined;
  /** Address of the page, below which the models lie. */
  base: string;
  /** The key of the first text; one that is reserved for tests is drawn unless given. */
  key: string | undefined;
  /** The other keys, by their seed. */
  seed: number;
  filler: (typeof fillers)[number];
  /** What is done to FAM by itself, in this order. */
  acts: readonly Act[];
  /** Whether reading waits for `play`. */
  paused: boolean;
}

/** What can be done to FAM. */
export const deeds = ['erase', 'swap', 'freeze', 'thaw', 'tell'] as const;
export type Deed = (typeof deeds)[number];

/** Something that is done to FAM, after so many tokens. */
export interface Act {
  deed: Deed;
  after: number;
}

export interface WatchCommand {
  type: 'play' | 'pause' | 'ask' | Deed;
}

export type WatchEvent =
  | { type: 'opened'; keys: readonly string[]; head: string; blockSize: number; question: string }
  | Tick
  | Asked
  | DoneToFam
  | { type: 'contestant'; contestant: Contestant };

export interface DoneToFam {
  type: 'done-to-fam';
  deed: Deed;
  tokens: number;
  /** Whether the visitor did it now. */
  byHand: boolean;
  otherKeys?: readonly string[];
}

/** How far the reading has come. */
export interface Tick {
  type: 'tick';
  /** Tokens read of each text. */
  tokens: number;
  /** Tokens read each second, of all texts and models together. */
  speed: number;
  /** Bytes of the working memory of one text. */
  bytes: Partial<Record<Contestant, number>>;
  /** The last words read. */
  words: string;
  /** Root mean square of how FAM changed since the tick before, as a share of its own. */
  change: number | undefined;
}

export interface Asked {
  type: 'asked';
  contestant: Contestant;
  tokens: number;
  /** What each text answers. */
  answers: readonly string[];
  /** How likely each digit is in each place, for the first text. */
  probabilities: readonly (readonly number[])[];
}
