/** Steps between vectors of four values and single ones. */

/** The sum of four values. */
@inline
export function sumOf(v: v128): f32 {
  const pairs = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** The largest of four values; NaN if there is one. */
@inline
export function maxOf(v: v128): f32 {
  const pairs = f32x4.max(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return max(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}

/** One value in all four places, for the last few of a row. */
@inline
export function single(at: usize): v128 {
  return v128.load_splat<f32>(at);
}

/** Stores the first of four values. */
@inline
export function storeSingle(at: usize, v: v128): void {
  v128.store_lane<f32>(at, v, 0);
}

/** a · b + c: in one instruction and rounded once, where the module is compiled for relaxed SIMD and the processor has that. */
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** The end of the whole vectors in a row of `bytes` bytes. */
@inline
export function wholeVectors(bytes: usize): usize {
  return bytes & ~15;
}

/** The product of two rows. */
@inline
export function dot(left: usize, right: usize, bytes: usize): f32 {
  return sumOf(products(left, right, bytes));
}

/** Four numbers whose sum is the product of two rows, from four sums that do not wait for each other. */
export function products(left: usize, right: usize, bytes: usize): v128 {
  const quads = bytes & ~63;
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  let c = f32x4.splat(0);
  let d = f32x4.splat(0);
  let at: usize = 0;
  for (; at < quads; at += 64) {
    a = multiplyAdd(v128.load(left + at), v128.load(right + at), a);
    b = multiplyAdd(v128.load(left + at, 16), v128.load(right + at, 16), b);
    c = multiplyAdd(v128.load(left + at, 32), v128.load(right + at, 32), c);
    d = multiplyAdd(v128.load(left + at, 48), v128.load(right + at, 48), d);
  }
  const vectors = wholeVectors(bytes);
  for (; at < vectors; at += 16) a = multiplyAdd(v128.load(left + at), v128.load(right + at), a);
  for (; at < bytes; at += 4) {
    b = multiplyAdd(v128.load32_zero(left + at), v128.load32_zero(right + at), b);
  }
  return f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
}
