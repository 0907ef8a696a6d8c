/** Where tokens, FAM and memory segments stand: the rotary tables of one call (spec.md, "Positions"). */
import { type RotaryTable, rotaryFrequencies, rotaryTable } from '@famjs/ops';
import type { LayerConfig } from './config.ts';

export interface Positions {
  /** Angles of the N token positions, which repeat for every block of the call when N is the block size. */
  tokens: RotaryTable;
  /** Angles of the FAM that block t of the call sees; undefined without FAM. */
  fam: ((t: number) => RotaryTable) | undefined;
  /** Angles of 1 … m blocks, by which block-relative keys turn back; undefined when positions are absolute. */
  memoryRotation: RotaryTable | undefined;
}

/** What a call reads: `tokens` tokens from `filled` on in the open block, or whole blocks when `tokens` is a multiple of C. */
export interface Span {
  /** Whole blocks read before the open one. */
  blocks: number;
  /** Tokens already in the open block. */
  filled: number;
  /** Tokens of the call. */
  tokens: number;
}

/** Positions of F FAM activations relative to the first token of the block that sees them. */
export function famOffsets({ famLength: F, position }: LayerConfig): number[] {
  return Array.from({ length: F }, (_, i) => (position === 'float' ? -1 + (i + 1) / (F + 1) : i - F));
}

/**
 * Positions relative to the block, exact at any length, or absolute ones from `origin` on, which the ablations of the
 * paper need (random position offset; FAM at position zero).
 *
 * @param origin absolute position of the first token of the text; undefined for block-relative positions
 */
export function positionsOf(config: LayerConfig, span: Span, origin: number | undefined): Positions {
  const { blockSize, memorySegments, famLength, headWidth, theta, position } = config;
  const table = (positions: number[]) => rotaryTable(positions, rotaryFrequencies(headWidth, theta));
  const run = (from: number, length: number) => Array.from({ length }, (_, i) => from + i);
  const offsets = famOffsets(config);

  const absolute = position === 'zero' && famLength > 0 ? (origin ?? 0) : origin;
  if (absolute === undefined) {
    const fam = famLength > 0 ? table(offsets) : undefined;
    return {
      tokens: table(run(span.filled, Math.min(span.tokens, blockSize))),
      fam: fam && (() => fam),
      memoryRotation:
        memorySegments > 0 ? table(run(1, memorySegments).map((s) => s * blockSize)) : undefined,
    };
  }
  const blockStart = (t: number) => absolute + (span.blocks + t) * blockSize;
  const famTable = (t: number) =>
    table(offsets.map((offset) => (position === 'zero' ? 0 : blockStart(t) + offset)));
  return {
    tokens: table(run(blockStart(0) + span.filled, span.tokens)),
    fam: famLength > 0 ? famTable : undefined,
    memoryRotation: undefined,
  };
}
