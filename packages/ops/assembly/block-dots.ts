/**
 * Products of a few rows with a matrix of blocks. Integers are multiplied by integers, which loses less than float32 products and sums
 * do: a row of activations is made integers once.
 */
import { dotQ4K, dotQ6K, dotsQ40, dotsQ41, dotsQ80, sumsOf } from './block-products';
import { BF16, F16, fourHalves, fourUpperHalves, Q4_0, Q4_1, Q4_K, Q8_0 } from './blocks';
import { halve, halvedRow } from './halved-rows';

/** Bytes of working memory that `blockDots` needs. */
export function blockDotsScratch(rows: i32, depth: i32): usize {
  return <usize>rows * halvedRow(depth);
}

/**
 * result [rows, columns] = left [rows, depth] · (matrix of blocks [columns, depth])ᵀ.
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
  const line = (<usize>depth) << 2;
  const stride = (<usize>columns) << 2;
  const isHalves = kind === F16 || kind === BF16;
  const halved = halvedRow(depth);
  if (!isHalves) {
    for (let row = 0; row < rows; row++) {
      halve(left + <usize>row * line, depth, kind !== Q8_0, scratch + <usize>row * halved);
    }
  }
  for (let column = 0; column < columns; column += 2) {
    const apart = column + 1 < columns ? pitch : 0;
    let to = result + ((<usize>column) << 2);
    for (let row = 0; row < rows; row++) {
      const x = isHalves ? left + <usize>row * line : scratch + <usize>row * halved;
      const pair = isHalves ? dotsOfHalves(kind, words, apart, x, depth) : dotsOfBlocks(kind, words, apart, x, depth);
      store<f32>(to, f32x4.extract_lane(pair, 0));
      if (apart !== 0) store<f32>(to, f32x4.extract_lane(pair, 1), 4);
      to += stride;
    }
    words += 2 * pitch;
  }
}

/** The products of two rows that lie `apart`. */
function dotsOfHalves(kind: i32, from: usize, apart: usize, x: usize, depth: i32): v128 {
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  let c = f32x4.splat(0);
  let d = f32x4.splat(0);
  const end = x + ((<usize>depth) << 2);
  if (kind === F16) {
    for (; x < end; x += 32, from += 16) {
      a = f32x4.add(a, f32x4.mul(v128.load(x), fourHalves(from)));
      b = f32x4.add(b, f32x4.mul(v128.load(x), fourHalves(from + apart)));
      c = f32x4.add(c, f32x4.mul(v128.load(x, 16), fourHalves(from + 8)));
      d = f32x4.add(d, f32x4.mul(v128.load(x, 16), fourHalves(from + apart + 8)));
    }
  } else {
    for (; x < end; x += 32, from += 16) {
      a = f32x4.add(a, f32x4.mul(v128.load(x), fourUpperHalves(from)));
      b = f32x4.add(b, f32x4.mul(v128.load(x), fourUpperHalves(from + apart)));
      c = f32x4.add(c, f32x4.mul(v128.load(x, 16), fourUpperHalves(from + 8)));
      d = f32x4.add(d, f32x4.mul(v128.load(x, 16), fourUpperHalves(from + apart + 8)));
    }
  }
  return sumsOf(f32x4.add(a, c), f32x4.add(b, d));
}

@inline
function dotsOfBlocks(kind: i32, from: usize, apart: usize, x: usize, depth: i32): v128 {
  const unit = f32x4.splat(load<f32>(x));
  const upper = x + 16;
  const lower = upper + ((<usize>depth) << 1);
  const sums = lower + ((<usize>depth) << 1);
  if (kind === Q8_0) return f32x4.mul(unit, dotsQ80(from, apart, upper, lower));
  if (kind === Q4_0) return f32x4.mul(unit, dotsQ40(from, apart, upper, lower));
  if (kind === Q4_1) return f32x4.mul(unit, dotsQ41(from, apart, upper, lower, sums));
  const isQ4K = kind === Q4_K;
  const first = isQ4K ? dotQ4K(from, upper, lower, sums) : dotQ6K(from, upper, lower);
  const second = isQ4K ? dotQ4K(from + apart, upper, lower, sums) : dotQ6K(from + apart, upper, lower);
  return f32x4.mul(unit, f32x4.replace_lane(f32x4.splat(first), 1, second));
}
