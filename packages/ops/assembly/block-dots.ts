/**
 * Products of a few rows with a matrix of blocks. Integers are multiplied by integers: a row of activations is 29 bits of its largest
 * number, in an upper and a lower half of 15 and 14 bits, which loses less than float32 products and sums do. Quantised numbers then
 * take two products of 16-bit integers instead of being made float32 one by one.
 */
import {
  BF16,
  F16,
  fourHalves,
  fourUpperHalves,
  half,
  minimumOf,
  Q4_0,
  Q4_1,
  Q4_K,
  Q6_K,
  Q8_0,
  scaleOf,
  sixBits,
} from './blocks';
import { maxOf, sumOf } from './lanes';

/** Bytes of a row in halves: its unit, the upper halves, the lower ones, and the sums of groups of 32 numbers. */
export function halvedRow(depth: i32): usize {
  return 16 + ((<usize>depth) << 2) + ((<usize>depth) >> 3);
}

/** Bytes of working memory that `blockDots` needs. */
export function blockDotsScratch(rows: i32, depth: i32): usize {
  return <usize>rows * halvedRow(depth);
}

/** A row of `depth` numbers at `x` in halves at `to`. In each 16 numbers the odd ones follow the even ones, where `apart`. */
function halve(x: usize, depth: i32, apart: bool, to: usize): void {
  const bytes = (<usize>depth) << 2;
  let highest = f32x4.splat(1e-29);
  for (let at: usize = 0; at < bytes; at += 16) highest = f32x4.max(highest, f32x4.abs(v128.load(x + at)));
  const size = maxOf(highest);
  store<f32>(to, size * (1.0 / 536870912.0));
  const scale = f32x4.splat(<f32>536870912.0 / size);
  let upper = to + 16;
  let lower = upper + (bytes >> 1);
  let sums = lower + (bytes >> 1);
  let sum = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 64) {
    const a = f32x4.mul(v128.load(x + at), scale);
    const b = f32x4.mul(v128.load(x + at, 16), scale);
    const c = f32x4.mul(v128.load(x + at, 32), scale);
    const d = f32x4.mul(v128.load(x + at, 48), scale);
    sum = f32x4.add(sum, f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
    if ((at & 64) !== 0) {
      store<f32>(sums, sumOf(sum));
      sums += 4;
      sum = f32x4.splat(0);
    }
    storeHalves(whole(a), whole(b), whole(c), whole(d), apart, upper, lower);
    upper += 32;
    lower += 32;
  }
}

@inline
function whole(x: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(x));
}

@inline
function upperHalf(x: v128): v128 {
  return i32x4.shr_s(i32x4.add(x, i32x4.splat(0x4000)), 15);
}

@inline
function storeHalves(a: v128, b: v128, c: v128, d: v128, apart: bool, upper: usize, lower: usize): void {
  const ua = upperHalf(a);
  const ub = upperHalf(b);
  const uc = upperHalf(c);
  const ud = upperHalf(d);
  storeSixteen(i16x8.narrow_i32x4_s(ua, ub), i16x8.narrow_i32x4_s(uc, ud), apart, upper);
  const la = i32x4.sub(a, i32x4.shl(ua, 15));
  const lb = i32x4.sub(b, i32x4.shl(ub, 15));
  const lc = i32x4.sub(c, i32x4.shl(uc, 15));
  const ld = i32x4.sub(d, i32x4.shl(ud, 15));
  storeSixteen(i16x8.narrow_i32x4_s(la, lb), i16x8.narrow_i32x4_s(lc, ld), apart, lower);
}

@inline
function storeSixteen(first: v128, second: v128, apart: bool, to: usize): void {
  if (apart) {
    v128.store(to, v128.shuffle<i16>(first, second, 0, 2, 4, 6, 8, 10, 12, 14));
    v128.store(to, v128.shuffle<i16>(first, second, 1, 3, 5, 7, 9, 11, 13, 15), 16);
  } else {
    v128.store(to, first);
    v128.store(to, second, 16);
  }
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
  for (let column = 0; column < columns; column++) {
    let to = result + ((<usize>column) << 2);
    for (let row = 0; row < rows; row++) {
      const value = isHalves
        ? dotOfHalves(kind, words, left + <usize>row * line, depth)
        : dotOfBlocks(kind, words, scratch + <usize>row * halved, depth);
      store<f32>(to, value);
      to += stride;
    }
    words += pitch;
  }
}

function dotOfHalves(kind: i32, from: usize, x: usize, depth: i32): f32 {
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  const end = x + ((<usize>depth) << 2);
  if (kind === F16) {
    for (; x < end; x += 32, from += 16) {
      a = f32x4.add(a, f32x4.mul(v128.load(x), fourHalves(from)));
      b = f32x4.add(b, f32x4.mul(v128.load(x, 16), fourHalves(from + 8)));
    }
  } else {
    for (; x < end; x += 32, from += 16) {
      a = f32x4.add(a, f32x4.mul(v128.load(x), fourUpperHalves(from)));
      b = f32x4.add(b, f32x4.mul(v128.load(x, 16), fourUpperHalves(from + 8)));
    }
  }
  return sumOf(f32x4.add(a, b));
}

@inline
function dotOfBlocks(kind: i32, from: usize, x: usize, depth: i32): f32 {
  const unit = load<f32>(x);
  const upper = x + 16;
  const lower = upper + ((<usize>depth) << 1);
  const sums = lower + ((<usize>depth) << 1);
  if (kind === Q8_0) return unit * dotQ80(from, upper, lower, sums);
  if (kind === Q4_0) return unit * dotQ40(from, upper, lower, sums);
  if (kind === Q4_1) return unit * dotQ41(from, upper, lower, sums);
  if (kind === Q4_K) return unit * dotQ4K(from, upper, lower, sums);
  return unit * dotQ6K(from, upper, lower, sums);
}

/** Sums of 32768 · upper + lower. */
@inline
function joined(upper: v128, lower: v128): v128 {
  return f32x4.add(
    f32x4.mul(f32x4.convert_i32x4_s(upper), f32x4.splat(32768)),
    f32x4.convert_i32x4_s(lower),
  );
}

/** Products of four times eight integers with those that follow one another at `x`. */
@inline
function fourProducts(a: v128, b: v128, c: v128, d: v128, x: usize): v128 {
  return i32x4.add(
    i32x4.add(i32x4.dot_i16x8_s(a, v128.load(x)), i32x4.dot_i16x8_s(b, v128.load(x, 16))),
    i32x4.add(i32x4.dot_i16x8_s(c, v128.load(x, 32)), i32x4.dot_i16x8_s(d, v128.load(x, 48))),
  );
}

function dotQ80(from: usize, upper: usize, lower: usize, sums: usize): f32 {
  let total = f32x4.splat(0);
  const end = lower;
  for (; upper < end; upper += 64, lower += 64, from += 34) {
    const a = v128.load_ext<i8>(from, 2);
    const b = v128.load_ext<i8>(from, 10);
    const c = v128.load_ext<i8>(from, 18);
    const d = v128.load_ext<i8>(from, 26);
    const product = joined(fourProducts(a, b, c, d, upper), fourProducts(a, b, c, d, lower));
    total = f32x4.add(total, f32x4.mul(product, f32x4.splat(half(from))));
  }
  return sumOf(total);
}

/** Nibbles as integers of 16 bits: those of even bytes and of odd ones. */
@inline
function lowOfEven(pairs: v128): v128 {
  return v128.and(pairs, i16x8.splat(15));
}

@inline
function lowOfOdd(pairs: v128): v128 {
  return v128.and(i16x8.shr_u(pairs, 8), i16x8.splat(15));
}

@inline
function highOfEven(pairs: v128): v128 {
  return v128.and(i16x8.shr_u(pairs, 4), i16x8.splat(15));
}

@inline
function highOfOdd(pairs: v128): v128 {
  return i16x8.shr_u(pairs, 12);
}

function dotQ40(from: usize, upper: usize, lower: usize, sums: usize): f32 {
  let total = f32x4.splat(0);
  const eight = i16x8.splat(8);
  const end = lower;
  for (; upper < end; upper += 64, lower += 64, from += 18) {
    const pairs = v128.load(from, 2);
    const a = i16x8.sub(lowOfEven(pairs), eight);
    const b = i16x8.sub(lowOfOdd(pairs), eight);
    const c = i16x8.sub(highOfEven(pairs), eight);
    const d = i16x8.sub(highOfOdd(pairs), eight);
    const product = joined(fourProducts(a, b, c, d, upper), fourProducts(a, b, c, d, lower));
    total = f32x4.add(total, f32x4.mul(product, f32x4.splat(half(from))));
  }
  return sumOf(total);
}

function dotQ41(from: usize, upper: usize, lower: usize, sums: usize): f32 {
  let total = f32x4.splat(0);
  let shifted: f32 = 0;
  const end = lower;
  for (; upper < end; upper += 64, lower += 64, from += 20, sums += 4) {
    const pairs = v128.load(from, 4);
    const a = lowOfEven(pairs);
    const b = lowOfOdd(pairs);
    const c = highOfEven(pairs);
    const d = highOfOdd(pairs);
    const product = joined(fourProducts(a, b, c, d, upper), fourProducts(a, b, c, d, lower));
    total = f32x4.add(total, f32x4.mul(product, f32x4.splat(half(from))));
    shifted += half(from + 2) * load<f32>(sums);
  }
  return sumOf(total) + shifted;
}

function dotQ4K(from: usize, upper: usize, lower: usize, sums: usize): f32 {
  let total = f32x4.splat(0);
  let shifted: f32 = 0;
  const end = lower;
  for (; upper < end; from += 144) {
    const scale = half(from);
    const minimum = half(from + 2);
    for (let part: usize = 0; part < 8; part += 2) {
      const first = v128.load(from + part * 16, 16);
      const second = v128.load(from + part * 16, 32);
      let a = lowOfEven(first);
      let b = lowOfOdd(first);
      let c = lowOfEven(second);
      let d = lowOfOdd(second);
      let product = joined(fourProducts(a, b, c, d, upper), fourProducts(a, b, c, d, lower));
      total = f32x4.add(total, f32x4.mul(product, f32x4.splat(scale * <f32>scaleOf(from + 4, part))));
      shifted += minimum * <f32>minimumOf(from + 4, part) * load<f32>(sums);
      a = highOfEven(first);
      b = highOfOdd(first);
      c = highOfEven(second);
      d = highOfOdd(second);
      product = joined(fourProducts(a, b, c, d, upper + 64), fourProducts(a, b, c, d, lower + 64));
      total = f32x4.add(total, f32x4.mul(product, f32x4.splat(scale * <f32>scaleOf(from + 4, part + 1))));
      shifted += minimum * <f32>minimumOf(from + 4, part + 1) * load<f32>(sums, 4);
      upper += 128;
      lower += 128;
      sums += 8;
    }
  }
  return sumOf(total) - shifted;
}

function dotQ6K(from: usize, upper: usize, lower: usize, sums: usize): f32 {
  let total = f32x4.splat(0);
  const middle = i16x8.splat(32);
  const end = lower;
  for (; upper < end; from += 210) {
    const scale = half(from + 208);
    for (let part: usize = 0; part < 16; part++, upper += 32, lower += 32) {
      const bytes = sixBits(from, part);
      const a = i16x8.sub(v128.and(bytes, i16x8.splat(255)), middle);
      const b = i16x8.sub(i16x8.shr_u(bytes, 8), middle);
      const product = joined(
        i32x4.add(i32x4.dot_i16x8_s(a, v128.load(upper)), i32x4.dot_i16x8_s(b, v128.load(upper, 16))),
        i32x4.add(i32x4.dot_i16x8_s(a, v128.load(lower)), i32x4.dot_i16x8_s(b, v128.load(lower, 16))),
      );
      total = f32x4.add(
        total,
        f32x4.mul(product, f32x4.splat(scale * <f32>load<i8>(from + part, 192))),
      );
    }
  }
  return sumOf(total);
}
