/**
 * Rows of activations as integers: 29 bits of a row's largest number, in an upper and a lower half of 15 and 14 bits. The upper halves of 32
 * numbers are followed by their lower ones.
 */
import { maxOf, sumOf } from './lanes';

/** Bytes of a row in halves: its unit, the halves, and the sums of groups of 32 numbers. */
export function halvedRow(depth: i32): usize {
  return 16 + ((<usize>depth) << 2) + ((<usize>depth) >> 3);
}

/** A row of `depth` numbers at `x` in halves at `to`. In each 16 numbers the odd ones follow the even ones, where `apart`. */
export function halve(x: usize, depth: i32, apart: bool, to: usize): void {
  const bytes = (<usize>depth) << 2;
  let highest = f32x4.splat(1e-29);
  for (let at: usize = 0; at < bytes; at += 16) highest = f32x4.max(highest, f32x4.abs(v128.load(x + at)));
  const size = maxOf(highest);
  store<f32>(to, size * (1.0 / 536870912.0));
  const scale = f32x4.splat(<f32>536870912.0 / size);
  to += 16;
  let sums = to + bytes;
  for (let at: usize = 0; at < bytes; at += 128) {
    const first = halveSixteen(x + at, scale, apart, to);
    const second = halveSixteen(x + at + 64, scale, apart, to + 32);
    store<f32>(sums, sumOf(f32x4.add(first, second)));
    sums += 4;
    to += 128;
  }
}

/** The halves of sixteen numbers at `to` and 64 bytes on. @returns four numbers whose sum is theirs, in units */
function halveSixteen(x: usize, scale: v128, apart: bool, to: usize): v128 {
  const a = f32x4.mul(v128.load(x), scale);
  const b = f32x4.mul(v128.load(x, 16), scale);
  const c = f32x4.mul(v128.load(x, 32), scale);
  const d = f32x4.mul(v128.load(x, 48), scale);
  storeHalves(whole(a), whole(b), whole(c), whole(d), apart, to);
  return f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
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
function storeHalves(a: v128, b: v128, c: v128, d: v128, apart: bool, to: usize): void {
  const ua = upperHalf(a);
  const ub = upperHalf(b);
  const uc = upperHalf(c);
  const ud = upperHalf(d);
  storeSixteen(i16x8.narrow_i32x4_s(ua, ub), i16x8.narrow_i32x4_s(uc, ud), apart, to);
  const la = i32x4.sub(a, i32x4.shl(ua, 15));
  const lb = i32x4.sub(b, i32x4.shl(ub, 15));
  const lc = i32x4.sub(c, i32x4.shl(uc, 15));
  const ld = i32x4.sub(d, i32x4.shl(ud, 15));
  storeSixteen(i16x8.narrow_i32x4_s(la, lb), i16x8.narrow_i32x4_s(lc, ld), apart, to + 64);
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
