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

/** The end of the whole vectors in a row of `bytes` bytes. */
@inline
export function wholeVectors(bytes: usize): usize {
  return bytes & ~15;
}

/** The product of two rows. */
export function dot(left: usize, right: usize, bytes: usize): f32 {
  const vectors = wholeVectors(bytes);
  let sums = f32x4.splat(0);
  let at: usize = 0;
  for (; at < vectors; at += 16) {
    sums = f32x4.add(sums, f32x4.mul(v128.load(left + at), v128.load(right + at)));
  }
  let sum = sumOf(sums);
  for (; at < bytes; at += 4) sum += load<f32>(left + at) * load<f32>(right + at);
  return sum;
}
