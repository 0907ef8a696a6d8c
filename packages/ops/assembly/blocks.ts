/** Rows of blocks of fewer bits, and their numbers as float32. What the blocks are is written in `src/block-types.ts`. */

/** Kinds of blocks. */
export const Q8_0: i32 = 0;
export const Q4_0: i32 = 1;
export const Q4_1: i32 = 2;
export const Q4_K: i32 = 3;
export const Q6_K: i32 = 4;
export const F16: i32 = 5;
export const BF16: i32 = 6;

/** Where number k of a row, the first of a block, begins. */
export function offsetOf(kind: i32, k: i32): usize {
  if (kind === Q8_0) return <usize>((k >> 5) * 34);
  if (kind === Q4_0) return <usize>((k >> 5) * 18);
  if (kind === Q4_1) return <usize>((k >> 5) * 20);
  if (kind === Q4_K) return <usize>((k >> 8) * 144);
  if (kind === Q6_K) return <usize>((k >> 8) * 210);
  return (<usize>k) << 1;
}

/** An IEEE half. Subnormal float32 numbers are slow on some machines, so none is made on the way. */
@inline
export function half(at: usize): f32 {
  const bits = <i32>load<i16>(at);
  return (bits & 0x7c00) === 0
    ? smallHalf(bits)
    : reinterpret<f32>(((bits << 13) & 0x8fffe000) + 0x38000000);
}

/** A half without an exponent. */
function smallHalf(bits: i32): f32 {
  const value = <f32>(bits & 0x3ff) * 5.9604644775390625e-8;
  return bits < 0 ? -value : value;
}

/** Four IEEE halves. */
@inline
export function fourHalves(at: usize): v128 {
  const bits = v128.load_ext<u16>(at);
  const size = v128.and(bits, i32x4.splat(0x7fff));
  const large = i32x4.add(i32x4.shl(size, 13), i32x4.splat(0x38000000));
  const small = f32x4.mul(f32x4.convert_i32x4_s(size), f32x4.splat(5.9604644775390625e-8));
  const value = v128.bitselect(small, large, i32x4.lt_s(size, i32x4.splat(0x400)));
  return v128.or(value, i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16));
}

/** Four upper halves of float32 numbers. */
@inline
export function fourUpperHalves(at: usize): v128 {
  return i32x4.shl(v128.load_ext<u16>(at), 16);
}

/** Scale of part 0 … 7 of Q4_K, whose scales and minima lie at `at`. */
@inline
export function scaleOf(at: usize, part: usize): i32 {
  if (part < 4) return <i32>load<u8>(at + part) & 63;
  return (<i32>load<u8>(at + part, 4) & 15) | ((<i32>load<u8>(at + part - 4) >> 6) << 4);
}

/** Minimum of a part, which lies as its scale does. */
@inline
export function minimumOf(at: usize, part: usize): i32 {
  if (part < 4) return <i32>load<u8>(at + part, 4) & 63;
  return (<i32>load<u8>(at + part, 4) >> 4) | ((<i32>load<u8>(at + part) >> 6) << 4);
}

/** The 16 bytes 0 … 63 of part 0 … 15 of a block of Q6_K. */
@inline
export function sixBits(at: usize, part: usize): v128 {
  const quarter = (part & 7) >> 1;
  const low = v128.load(at + (part >> 3) * 64 + (part & 3) * 16);
  const high = v128.load(at + 128 + (part >> 3) * 32 + (part & 1) * 16);
  const lower = v128.and(i16x8.shr_u(low, <i32>(quarter >> 1) * 4), i8x16.splat(15));
  const upper = v128.and(i16x8.shr_u(high, <i32>quarter * 2), i8x16.splat(3));
  return v128.or(lower, i16x8.shl(upper, 4));
}

/** `count` numbers, whole blocks. */
export function widen(kind: i32, from: usize, count: i32, to: usize): void {
  const end = to + ((<usize>count) << 2);
  if (kind === F16) {
    for (; to < end; to += 16, from += 8) v128.store(to, fourHalves(from));
  } else if (kind === BF16) {
    for (; to < end; to += 16, from += 8) v128.store(to, fourUpperHalves(from));
  } else if (kind === Q8_0) {
    for (; to < end; to += 128, from += 34) {
      const d = half(from);
      sixteen(v128.load(from, 2), d, 0, to);
      sixteen(v128.load(from, 18), d, 0, to + 64);
    }
  } else if (kind === Q4_0) {
    for (; to < end; to += 128, from += 18) {
      const d = half(from);
      const pairs = v128.load(from, 2);
      sixteen(i8x16.sub(lowNibbles(pairs), i8x16.splat(8)), d, 0, to);
      sixteen(i8x16.sub(highNibbles(pairs), i8x16.splat(8)), d, 0, to + 64);
    }
  } else if (kind === Q4_1) {
    for (; to < end; to += 128, from += 20) {
      const d = half(from);
      const m = half(from + 2);
      const pairs = v128.load(from, 4);
      sixteen(lowNibbles(pairs), d, m, to);
      sixteen(highNibbles(pairs), d, m, to + 64);
    }
  } else if (kind === Q4_K) {
    for (; to < end; to += 1024, from += 144) widenQ4K(from, to);
  } else {
    for (; to < end; to += 1024, from += 210) {
      const d = half(from + 208);
      for (let part: usize = 0; part < 16; part++) {
        const factor = d * <f32>load<i8>(from + part, 192);
        sixteen(i8x16.sub(sixBits(from, part), i8x16.splat(32)), factor, 0, to + part * 64);
      }
    }
  }
}

function widenQ4K(from: usize, to: usize): void {
  const d = half(from);
  const dmin = half(from + 2);
  for (let part: usize = 0; part < 8; part++) {
    const factor = d * <f32>scaleOf(from + 4, part);
    const offset = -dmin * <f32>minimumOf(from + 4, part);
    const quants = from + 16 + (part >> 1) * 32;
    const first = v128.load(quants);
    const second = v128.load(quants, 16);
    sixteen((part & 1) !== 0 ? highNibbles(first) : lowNibbles(first), factor, offset, to + part * 128);
    sixteen((part & 1) !== 0 ? highNibbles(second) : lowNibbles(second), factor, offset, to + part * 128 + 64);
  }
}

@inline
function lowNibbles(pairs: v128): v128 {
  return v128.and(pairs, i8x16.splat(15));
}

@inline
function highNibbles(pairs: v128): v128 {
  return v128.and(i16x8.shr_u(pairs, 4), i8x16.splat(15));
}

/** factor · q + offset of 16 signed bytes. */
@inline
function sixteen(q: v128, factor: f32, offset: f32, to: usize): void {
  const first = i16x8.extend_low_i8x16_s(q);
  const second = i16x8.extend_high_i8x16_s(q);
  four(i32x4.extend_low_i16x8_s(first), factor, offset, to);
  four(i32x4.extend_high_i16x8_s(first), factor, offset, to + 16);
  four(i32x4.extend_low_i16x8_s(second), factor, offset, to + 32);
  four(i32x4.extend_high_i16x8_s(second), factor, offset, to + 48);
}

@inline
function four(q: v128, factor: f32, offset: f32, to: usize): void {
  const scaled = f32x4.mul(f32x4.convert_i32x4_s(q), f32x4.splat(factor));
  v128.store(to, f32x4.add(scaled, f32x4.splat(offset)));
}

/**
 * Rows of a matrix of blocks as float32 [count, width], those of `ids` or, where that is 0, from row `first` on. Ids outside the matrix
 * are rows of zeros.
 *
 * @param pitch bytes from one row of blocks to the next
 */
export function widenedRows(
  kind: i32,
  words: usize,
  pitch: usize,
  rows: i32,
  ids: usize,
  first: i32,
  count: i32,
  width: i32,
  to: usize,
): void {
  for (let i = 0; i < count; i++) {
    const row = ids !== 0 ? load<u32>(ids + ((<usize>i) << 2)) : <u32>(first + i);
    if (row < <u32>rows) widen(kind, words + <usize>row * pitch, width, to);
    else memory.fill(to, 0, (<usize>width) << 2);
    to += (<usize>width) << 2;
  }
}
