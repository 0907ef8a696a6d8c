/** What the job of this view is given and says. */
import type { BackendName } from '@famjs/backends';
import type { Compared } from '@famjs/tasks';

export interface CompareInput {
  /** Address of the page, below which the model lies. */
  base: string;
  /** The backends to measure, the reference first. */
  backends: readonly BackendName[];
}

/** Nothing can be told to a comparison. */
export type CompareCommand = never;

export type CompareEvent =
  | { type: 'measuring'; backend: BackendName; what: string }
  | { type: 'row'; row: Row };

/** What was found of a backend. */
export type Row = { backend: BackendName } & (Measured | { reason: string });

export interface Measured extends Compared {
  device: string;
  version: string;
  emulated: boolean;
  /** Tokens a second, read in scans of 16 blocks. */
  reading: number;
  /** Tokens a second, one at a time. */
  writing: number;
}

/** Largest relative difference that still counts as the same: what `famjs parity` allows. */
export const TOLERANCE = 1e-4;

export const isSame = ({ logits, fams }: Measured): boolean =>
  logits.relative <= TOLERANCE && (fams?.relative ?? 0) <= TOLERANCE;
