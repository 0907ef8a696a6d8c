/**
 * Products of rows of quantised blocks with a row of activations in halves (`halved-rows.ts`), for each type of blocks. Its numbers take
 * two products of 16-bit integers instead of being made float32 one by one.
 */
import { half, halvesOf, minimumOf, scaleOf, sixBits } from './blocks';
import { single, sumOf } from './lanes';

/** The sums of two vectors as the first two numbers of one. */
@inline
export function sumsOf(a: v128, b: v128): v128 {
  const low = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  return f32x4.add(low, v128.shuffle<f32>(low, low, 2, 3, 0, 1));
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

export function dotsQ80(from: usize, apart: usize, upper: usize, lower: usize): v128 {
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

export function dotsQ40(from: usize, apart: usize, upper: usize, lower: usize): v128 {
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

export function dotsQ41(from: usize, apart: usize, upper: usize, lower: usize, sums: usize): v128 {
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

export function dotQ4K(from: usize, upper: usize, lower: usize, sums: usize): f32 {
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

export function dotQ6K(from: usize, upper: usize, lower: usize): f32 {
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
