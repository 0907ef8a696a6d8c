/**
 * Products of rows of quantised blocks with a row of activations in halves (`halved-rows.ts`), for each type of blocks. Its numbers take
 * two products of 16-bit integers instead of being made float32 one by one.
 */
import { fourHalves, fourUpperHalves, half, minimumOf, scaleOf, sixBits } from './blocks';
import { multiplyAdd, sumOf } from './lanes';

/** Four sums of products of four times eight integers with halves of numbers. */
@inline
function products(a: v128, b: v128, c: v128, d: v128, x: usize): v128 {
  const first = i32x4.add(i32x4.dot_i16x8_s(a, v128.load(x)), i32x4.dot_i16x8_s(b, v128.load(x, 16)));
  const second = i32x4.add(i32x4.dot_i16x8_s(c, v128.load(x, 32)), i32x4.dot_i16x8_s(d, v128.load(x, 48)));
  return f32x4.convert_i32x4_s(i32x4.add(first, second));
}

/** The sum of four products with upper halves, and four with lower ones. */
@inline
function joined(upper: v128, lower: v128): f32 {
  return sumOf(f32x4.add(f32x4.mul(upper, f32x4.splat(32768)), lower));
}

@inline
export function dotQ80(from: usize, x: usize, end: usize): f32 {
  let upper = f32x4.splat(0);
  let lower = f32x4.splat(0);
  for (; x < end; x += 128, from += 34) {
    const a = v128.load_ext<i8>(from, 2);
    const b = v128.load_ext<i8>(from, 10);
    const c = v128.load_ext<i8>(from, 18);
    const d = v128.load_ext<i8>(from, 26);
    const scale = f32x4.splat(half(from));
    upper = multiplyAdd(scale, products(a, b, c, d, x), upper);
    lower = multiplyAdd(scale, products(a, b, c, d, x + 64), lower);
  }
  return joined(upper, lower);
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

@inline
export function dotQ40(from: usize, x: usize, end: usize): f32 {
  let upper = f32x4.splat(0);
  let lower = f32x4.splat(0);
  const eight = i16x8.splat(8);
  for (; x < end; x += 128, from += 18) {
    const pairs = v128.load(from, 2);
    const a = i16x8.sub(lowOfEven(pairs), eight);
    const b = i16x8.sub(lowOfOdd(pairs), eight);
    const c = i16x8.sub(highOfEven(pairs), eight);
    const d = i16x8.sub(highOfOdd(pairs), eight);
    const scale = f32x4.splat(half(from));
    upper = multiplyAdd(scale, products(a, b, c, d, x), upper);
    lower = multiplyAdd(scale, products(a, b, c, d, x + 64), lower);
  }
  return joined(upper, lower);
}

/** @param end of the halves, where the sums of 32 numbers begin */
@inline
export function dotQ41(from: usize, x: usize, end: usize): f32 {
  let upper = f32x4.splat(0);
  let lower = f32x4.splat(0);
  let shift: f32 = 0;
  for (let sums = end; x < end; x += 128, from += 20, sums += 4) {
    const pairs = v128.load(from, 4);
    const a = lowOfEven(pairs);
    const b = lowOfOdd(pairs);
    const c = highOfEven(pairs);
    const d = highOfOdd(pairs);
    const scale = f32x4.splat(half(from));
    upper = multiplyAdd(scale, products(a, b, c, d, x), upper);
    lower = multiplyAdd(scale, products(a, b, c, d, x + 64), lower);
    shift += half(from + 2) * load<f32>(sums);
  }
  return joined(upper, lower) + shift;
}

/** @param end of the halves, where the sums of 32 numbers begin */
@inline
export function dotQ4K(from: usize, x: usize, end: usize): f32 {
  let upper = f32x4.splat(0);
  let lower = f32x4.splat(0);
  let shift: f32 = 0;
  for (let sums = end; x < end; from += 144) {
    const factor = half(from);
    const minimum = half(from + 2);
    for (let part: usize = 0; part < 8; part++, x += 128, sums += 4) {
      const four = <i32>(part & 1) << 2;
      const quants = from + (part >> 1) * 32;
      const first = i16x8.shr_u(v128.load(quants, 16), four);
      const second = i16x8.shr_u(v128.load(quants, 32), four);
      const a = lowOfEven(first);
      const b = lowOfOdd(first);
      const c = lowOfEven(second);
      const d = lowOfOdd(second);
      const scale = f32x4.splat(factor * <f32>scaleOf(from + 4, part));
      upper = multiplyAdd(scale, products(a, b, c, d, x), upper);
      lower = multiplyAdd(scale, products(a, b, c, d, x + 64), lower);
      shift += minimum * <f32>minimumOf(from + 4, part) * load<f32>(sums);
    }
  }
  return joined(upper, lower) - shift;
}

@inline
export function dotQ6K(from: usize, x: usize, end: usize): f32 {
  let upper = f32x4.splat(0);
  let lower = f32x4.splat(0);
  const middle = i16x8.splat(32);
  for (; x < end; from += 210) {
    const factor = half(from + 208);
    for (let part: usize = 0; part < 16; part++) {
      const bytes = sixBits(from, part);
      const a = i16x8.sub(v128.and(bytes, i16x8.splat(255)), middle);
      const b = i16x8.sub(i16x8.shr_u(bytes, 8), middle);
      const scale = f32x4.splat(factor * <f32>load<i8>(from + part, 192));
      upper = multiplyAdd(scale, halfProducts(a, b, x), upper);
      lower = multiplyAdd(scale, halfProducts(a, b, x + 64), lower);
      x += (part & 1) === 0 ? 32 : 96;
    }
  }
  return joined(upper, lower);
}

/** Four sums of products of twice eight integers with halves of numbers. */
@inline
function halfProducts(a: v128, b: v128, x: usize): v128 {
  return f32x4.convert_i32x4_s(
    i32x4.add(i32x4.dot_i16x8_s(a, v128.load(x)), i32x4.dot_i16x8_s(b, v128.load(x, 16))),
  );
}

/** With float32 numbers at `x`. */
@inline
export function dotF16(from: usize, x: usize, end: usize): f32 {
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  for (; x < end; x += 32, from += 16) {
    a = multiplyAdd(v128.load(x), fourHalves(from), a);
    b = multiplyAdd(v128.load(x, 16), fourHalves(from + 8), b);
  }
  return sumOf(f32x4.add(a, b));
}

/** With float32 numbers at `x`. */
@inline
export function dotBF16(from: usize, x: usize, end: usize): f32 {
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  for (; x < end; x += 32, from += 16) {
    a = multiplyAdd(v128.load(x), fourUpperHalves(from), a);
    b = multiplyAdd(v128.load(x, 16), fourUpperHalves(from + 8), b);
  }
  return sumOf(f32x4.add(a, b));
}
