/**
 * Where tokens, FAM, memory segments and sinks stand: the rotary tables of one call (spec.md, "Positions"). Everything
 * stands relative to its block, so that no angle grows with the text; the origin of a text matters to FAM at absolute
 * position 0 alone.
 */
import { type RotaryTable, rotaryTable } from '@famjs/ops';
import type { FamConfig } from './config.ts';
import type { Row } from './state.ts';

export interface Rotations {
  /** Angles of the tokens' positions, which repeat for every block of the call. */
  tokens: RotaryTable;
  /** Angles of the FAM that block t of the call sees; of B · F rows where the rows of the batch differ. */
  fam(t: number): RotaryTable;
  /** Angles of the FAM that runs through the layers before the first block. */
  prompt(): RotaryTable;
  /** The angle of one block, by which the keys of an older FAM turn back. */
  blockBack(): RotaryTable;
  /** Angles of 1 … segments blocks, by which the keys of memory segments turn back. */
  segments(segments: number): RotaryTable;
  /** The angle by which sinks turn back to the place before the first visible segment. */
  sinks(): RotaryTable;
  /** Angles of any positions relative to the block. */
  at(positions: readonly number[]): RotaryTable;
  /** All that were made so far. */
  made(): RotaryTable[];
}

/** What a call reads. */
export interface Span {
  rows: readonly Row[];
  /** Tokens already in the open block. */
  filled: number;
  /** Tokens of the call, of one block or of whole blocks. */
  tokens: number;
}

/** Positions of F FAM activations relative to the first token of the block that sees them. */
function famOffsets({ famLength: F, position }: Pick<FamConfig, 'famLength' | 'position'>): number[] {
  return Array.from({ length: F }, (_, i) => (position === 'float' ? -1 + (i + 1) / (F + 1) : i - F));
}

export const run = (from: number, length: number) => Array.from({ length }, (_, i) => from + i);

/** Makes the tables of a call; those of equal frequencies are made once. */
export function rotationsOf(config: FamConfig, span: Span): (frequencies: readonly number[]) => Rotations {
  const made = new Map<string, Rotations>();
  return (frequencies) => {
    const key = frequencies.join();
    if (!made.has(key)) made.set(key, tablesOf(config, span, frequencies));
    return made.get(key)!;
  };
}

function tablesOf(
  config: FamConfig,
  { rows, filled, tokens }: Span,
  frequencies: readonly number[],
): Rotations {
  const { blockSize: C, memorySegments: m, famLength: F, position, sinks } = config;
  const made = new Map<string, RotaryTable>();
  const once = (name: string, positions: () => readonly number[]) => {
    if (!made.has(name)) made.set(name, rotaryTable(positions(), frequencies));
    return made.get(name)!;
  };
  const atZero = (t: number) => {
    const starts = rows.map(({ blocks, origin }) => origin + (blocks + t) * C);
    const differing = new Set(starts).size > 1 ? starts : starts.slice(0, 1);
    return differing.flatMap((start) => Array<number>(F).fill(-start));
  };
  return {
    tokens: once('tokens', () => run(filled, Math.min(tokens, C - filled))),
    fam: (t) =>
      position === 'zero' ? once(`fam ${t}`, () => atZero(t)) : once('fam', () => famOffsets(config)),
    // Where all stand at one place, it does not matter at which.
    prompt: () => once('prompt', () => (position === 'zero' ? Array<number>(F).fill(0) : famOffsets(config))),
    blockBack: () => once('block back', () => [C]),
    segments: (segments) => once(`${segments} segments`, () => run(1, segments).map((s) => s * C)),
    sinks: () => once('sinks', () => [m * C + sinks]),
    at: (positions) => once(`at ${positions}`, () => positions),
    made: () => [...made.values()],
  };
}
