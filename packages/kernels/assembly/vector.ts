/** Arithmetic on four floats at a time. */

/** a · b + c: in one instruction and rounded once, where the module is compiled for relaxed SIMD and the processor has that. */
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Below this e^x counts as 0: what it would add is less than rounding, and denormal products are slow. */
const NOTHING: f32 = -80;

/**
 * e^x to about 1e-7, by the polynomial of Moshier's Cephes library. For scores less their maximum: x ≤ 88 is not checked,
 * which makes it faster than the one of ops. NaN stays NaN.
 */
@inline
export function exp4(x: v128): v128 {
  // Adding 1.5 · 2²³ rounds x / ln 2 to the whole number n, which then stands in the lowest bits.
  const magic = f32x4.splat(12582912);
  const shifted = f32x4.add(f32x4.mul(x, f32x4.splat(1.44269504)), magic);
  const n = f32x4.sub(shifted, magic);
  const high = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  const r = f32x4.add(high, f32x4.mul(n, f32x4.splat(2.12194440e-4)));

  let y = f32x4.splat(1.9875691500e-4);
  y = multiplyAdd(y, r, f32x4.splat(1.3981999507e-3));
  y = multiplyAdd(y, r, f32x4.splat(8.3334519073e-3));
  y = multiplyAdd(y, r, f32x4.splat(4.1665795894e-2));
  y = multiplyAdd(y, r, f32x4.splat(1.6666665459e-1));
  y = multiplyAdd(y, r, f32x4.splat(5.0000001201e-1));
  y = multiplyAdd(y, f32x4.mul(r, r), f32x4.add(r, f32x4.splat(1)));

  const power = i32x4.add(i32x4.shl(shifted, 23), i32x4.splat(127 << 23));
  return v128.andnot(f32x4.mul(y, power), f32x4.lt(x, f32x4.splat(NOTHING)));
}

/** The sum of the four lanes. */
export function sumOf(x: v128): f32 {
  const pairs = f32x4.add(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}
