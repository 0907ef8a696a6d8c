/**
 * Products of a few rows with a matrix of blocks. Integers are multiplied by integers, which loses less than float32 products and sums
 * do: a row of activations is made integers once.
 */
import { dotBF16, dotF16, dotQ40, dotQ41, dotQ4K, dotQ6K, dotQ80 } from './block-products';
import { BF16, F16, Q4_0, Q4_1, Q4_K, Q6_K, Q8_0 } from './blocks';
import { halve, halvedRow } from './halved-rows';

/** Bytes of working memory that `blockDots` needs. */
export function blockDotsScratch(rows: i32, depth: i32): usize {
  return <usize>rows * halvedRow(depth);
}

/**
 * result [rows, columns] = left [rows, depth] · (matrix of blocks [columns, depth])ᵀ. The blocks come from memory in the order in which they
 * lie: where two rows were read at once, a row's few cache lines ended before the machine had learnt to fetch ahead.
 *
 * @param pitch bytes from one row of blocks to the next
 */
export function blockDots(
  kind: i32,
  left: usize,
  words: usize,
  pitch: usize,
  result: usize,
  rows: i32,
  columns: i32,
  depth: i32,
  scratch: usize,
): void {
  const isHalves = kind === F16 || kind === BF16;
  const line = isHalves ? (<usize>depth) << 2 : halvedRow(depth);
  if (!isHalves) {
    for (let row = 0; row < rows; row++) {
      halve(left + (<usize>row * (<usize>depth << 2)), depth, kind !== Q8_0, scratch + <usize>row * line);
    }
    left = scratch;
  }
  // A loop for each kind, for calls and choices in every row of blocks cost as much as a tenth of it.
  if (kind === Q8_0) multiply(Q8_0, left, line, words, pitch, result, rows, columns, depth);
  else if (kind === Q4_0) multiply(Q4_0, left, line, words, pitch, result, rows, columns, depth);
  else if (kind === Q4_1) multiply(Q4_1, left, line, words, pitch, result, rows, columns, depth);
  else if (kind === Q4_K) multiply(Q4_K, left, line, words, pitch, result, rows, columns, depth);
  else if (kind === Q6_K) multiply(Q6_K, left, line, words, pitch, result, rows, columns, depth);
  else if (kind === F16) multiply(F16, left, line, words, pitch, result, rows, columns, depth);
  else multiply(BF16, left, line, words, pitch, result, rows, columns, depth);
}

/** @param line bytes from one row of activations to the next */
@inline
function multiply(
  kind: i32,
  left: usize,
  line: usize,
  words: usize,
  pitch: usize,
  result: usize,
  rows: i32,
  columns: i32,
  depth: i32,
): void {
  const stride = (<usize>columns) << 2;
  const end = result + stride;
  for (; result < end; result += 4, words += pitch) {
    let x = left;
    let to = result;
    for (let row = 0; row < rows; row++, x += line, to += stride) store<f32>(to, dot(kind, words, x, depth));
  }
}

@inline
function dot(kind: i32, from: usize, row: usize, depth: i32): f32 {
  const bytes = (<usize>depth) << 2;
  if (kind === F16) return dotF16(from, row, row + bytes);
  if (kind === BF16) return dotBF16(from, row, row + bytes);
  const unit = load<f32>(row);
  const x = row + 16;
  if (kind === Q8_0) return unit * dotQ80(from, x, x + bytes);
  if (kind === Q4_0) return unit * dotQ40(from, x, x + bytes);
  if (kind === Q4_1) return unit * dotQ41(from, x, x + bytes);
  if (kind === Q4_K) return unit * dotQ4K(from, x, x + bytes);
  return unit * dotQ6K(from, x, x + bytes);
}
