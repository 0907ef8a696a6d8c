/** Products of many rows with a matrix of blocks, which is widened panel by panel as it is packed. */
import { offsetOf, widen } from './blocks';
import { DEPTH, matMulScratch, multiplyRows, WIDTH } from './mat-mul';
import { pack } from './pack';
import { COLUMNS } from './tile';

/** Bytes of working memory that `blockMatMul` needs. */
export function blockMatMulScratch(): usize {
  return matMulScratch() + COLUMNS * DEPTH * 4;
}

/**
 * result [rows, columns] = left [rows, depth] · right, where the matrix of blocks is right [depth, columns] itself, or, where
 * `transposed`, [columns, depth].
 *
 * @param pitch bytes from one row of blocks to the next
 */
export function blockMatMul(
  kind: i32,
  left: usize,
  words: usize,
  pitch: usize,
  transposed: bool,
  result: usize,
  rows: i32,
  columns: i32,
  depth: i32,
  scratch: usize,
): void {
  const lines = scratch + matMulScratch();
  for (let column = 0; column < columns; column += WIDTH) {
    const width = min(WIDTH, columns - column);
    for (let start = 0; start < depth; start += DEPTH) {
      const run = min(DEPTH, depth - start);
      const packed = scratch + (matMulScratch() - WIDTH * DEPTH * 4);
      if (transposed) packLines(kind, words + <usize>column * pitch, pitch, width, start, run, lines, packed);
      else packRows(kind, words + <usize>start * pitch, pitch, column, width, run, lines, packed);
      multiplyRows(left, (<usize>depth) << 2, 4, packed, result, rows, columns, column, width, start, run, scratch);
    }
  }
}

/** Panels of eight rows of blocks, of which each gives a column of the panel. */
function packLines(
  kind: i32,
  words: usize,
  pitch: usize,
  width: i32,
  start: i32,
  run: i32,
  lines: usize,
  packed: usize,
): void {
  const line = (<usize>run) << 2;
  for (let first = 0; first < width; first += COLUMNS) {
    const present = min(COLUMNS, width - first);
    for (let i = 0; i < present; i++) {
      widen(kind, words + <usize>(first + i) * pitch + offsetOf(kind, start), run, lines + <usize>i * line);
    }
    pack(lines, line, 4, present, run, COLUMNS, packed + <usize>first * line);
  }
}

/** Rows of blocks, of which each gives a row of every panel. */
function packRows(
  kind: i32,
  words: usize,
  pitch: usize,
  column: i32,
  width: i32,
  run: i32,
  line: usize,
  packed: usize,
): void {
  const panel = (<usize>run) << 5;
  for (let d = 0; d < run; d++) {
    widen(kind, words + <usize>d * pitch + offsetOf(kind, column), width, line);
    let to = packed + ((<usize>d) << 5);
    for (let at: usize = 0; at < (<usize>width) << 2; at += 32) {
      v128.store(to, v128.load(line + at));
      v128.store(to, v128.load(line + at, 16), 16);
      to += panel;
    }
  }
}
