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
  halvesOf,
  minimumOf,
  Q4_0,
  Q4_1,
  Q4_K,
  Q8_0,
  scaleOf,
  sixBits,
} from './blocks';
import { maxOf, single, sumOf } from './lanes';

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

/** The sums of two vectors as the first two numbers of one. */
@inline
function sumsOf(a: v128, b: v128): v128 {
  const low = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  return f32x4.add(low, v128.shuffle<f32>(low, low, 2, 3, 0, 1));
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

function dotsQ80(from: usize, apart: usize, upper: usize, lower: usize): v128 {
  let first = f32x4.splat(0);
  let second = f32x4.splat(0);
  const end = lower;
  for (; upper < end; upper += 64, lower += 64, from += 34) {
    const a = v128.load_ext<i8>(from, 2);
    const b = v128.load_ext<i8>(from, 10);
    const c = v128.load_ext<i8>(from, 18);
    const d = v128.load_ext<i8>(from, 26);
    const product = joined(fourProducts(a, b, c, d, upper), fourProducts(a, b, c, d, lower));
    const other = from + apart;
    const scales = twoHalves(from, other);
    first = f32x4.add(first, f32x4.mul(product, v128.shuffle<f32>(scales, scales, 0, 0, 0, 0)));
    const e = v128.load_ext<i8>(other, 2);
    const f = v128.load_ext<i8>(other, 10);
    const g = v128.load_ext<i8>(other, 18);
    const h = v128.load_ext<i8>(other, 26);
    const next = joined(fourProducts(e, f, g, h, upper), fourProducts(e, f, g, h, lower));
    second = f32x4.add(second, f32x4.mul(next, v128.shuffle<f32>(scales, scales, 2, 2, 2, 2)));
  }
  return sumsOf(first, second);
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

function dotsQ40(from: usize, apart: usize, upper: usize, lower: usize): v128 {
  let first = f32x4.splat(0);
  let second = f32x4.splat(0);
  const end = lower;
  for (; upper < end; upper += 64, lower += 64, from += 18) {
    const other = from + apart;
    const scales = twoHalves(from, other);
    const own = v128.shuffle<f32>(scales, scales, 0, 0, 0, 0);
    first = f32x4.add(first, f32x4.mul(centred(v128.load(from, 2), upper, lower), own));
    const its = v128.shuffle<f32>(scales, scales, 2, 2, 2, 2);
    second = f32x4.add(second, f32x4.mul(centred(v128.load(other, 2), upper, lower), its));
  }
  return sumsOf(first, second);
}

/** Products of nibbles, less eight each. */
@inline
function centred(pairs: v128, upper: usize, lower: usize): v128 {
  const eight = i16x8.splat(8);
  const a = i16x8.sub(lowOfEven(pairs), eight);
  const b = i16x8.sub(lowOfOdd(pairs), eight);
  const c = i16x8.sub(highOfEven(pairs), eight);
  const d = i16x8.sub(highOfOdd(pairs), eight);
  return joined(fourProducts(a, b, c, d, upper), fourProducts(a, b, c, d, lower));
}

function dotsQ41(from: usize, apart: usize, upper: usize, lower: usize, sums: usize): v128 {
  let first = f32x4.splat(0);
  let second = f32x4.splat(0);
  let shifts = f32x4.splat(0);
  const end = lower;
  for (; upper < end; upper += 64, lower += 64, from += 20, sums += 4) {
    const other = from + apart;
    const scales = twoHalves(from, other);
    const own = v128.shuffle<f32>(scales, scales, 0, 0, 0, 0);
    first = f32x4.add(first, f32x4.mul(plain(v128.load(from, 4), upper, lower), own));
    const its = v128.shuffle<f32>(scales, scales, 2, 2, 2, 2);
    second = f32x4.add(second, f32x4.mul(plain(v128.load(other, 4), upper, lower), its));
    shifts = f32x4.add(shifts, f32x4.mul(scales, single(sums)));
  }
  const shift = v128.shuffle<f32>(shifts, shifts, 1, 3, 1, 3);
  return f32x4.add(sumsOf(first, second), shift);
}

/** Products of nibbles. */
@inline
function plain(pairs: v128, upper: usize, lower: usize): v128 {
  const a = lowOfEven(pairs);
  const b = lowOfOdd(pairs);
  const c = highOfEven(pairs);
  const d = highOfOdd(pairs);
  return joined(fourProducts(a, b, c, d, upper), fourProducts(a, b, c, d, lower));
}

/** The two halves at either of two places. */
@inline
function twoHalves(first: usize, second: usize): v128 {
  const bits = i32x4.replace_lane(v128.load32_zero(first), 1, load<i32>(second));
  return halvesOf(i32x4.extend_low_i16x8_u(bits));
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

function dotQ6K(from: usize, upper: usize, lower: usize): f32 {
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
