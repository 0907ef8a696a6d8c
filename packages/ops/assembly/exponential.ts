/** exp, sigmoid, log and the normal distribution, to about the last bit of float32. NaN stays NaN. */
import { multiplyAdd } from './lanes';

/** Below this exp is 0, above the next it stays as it is there, so that it is never infinite. */
const LOWEST: f32 = -87.33654;
const HIGHEST: f32 = 88.37626;

/** exp of four values: 2ⁿ · exp(r) with |r| ≤ ln 2 / 2, and a polynomial for exp(r) (Moshier's Cephes library). */
@inline
export function exp(x: v128): v128 {
  const inRange = f32x4.min(f32x4.max(x, f32x4.splat(LOWEST)), f32x4.splat(HIGHEST));
  const n = f32x4.nearest(f32x4.mul(inRange, f32x4.splat(1.44269504)));
  // ln 2 in two parts, the first of which times n is exact.
  let r = f32x4.sub(inRange, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(-2.1219444e-4)));
  let p = f32x4.splat(1.98756915e-4);
  p = multiplyAdd(p, r, f32x4.splat(1.3981999507e-3));
  p = multiplyAdd(p, r, f32x4.splat(8.3334519073e-3));
  p = multiplyAdd(p, r, f32x4.splat(4.1665795894e-2));
  p = multiplyAdd(p, r, f32x4.splat(1.6666665459e-1));
  p = multiplyAdd(p, r, f32x4.splat(5.0000001201e-1));
  p = multiplyAdd(p, f32x4.mul(r, r), f32x4.add(r, f32x4.splat(1)));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return v128.andnot(f32x4.mul(p, power), f32x4.lt(x, f32x4.splat(LOWEST)));
}

/** 1 / (1 + exp(−x)) of four values. */
@inline
export function sigmoid(x: v128): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), exp(f32x4.neg(x))));
}

/** The normal distribution's density at four values. */
@inline
export function normalDensity(x: v128): v128 {
  return f32x4.mul(exp(f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5))), f32x4.splat(0.3989422804));
}

/** The share of the normal distribution below four values: ½ erfc(−x / √2) by the fit of Numerical Recipes, § 6.2. */
@inline
export function normalBelow(x: v128): v128 {
  const z = f32x4.mul(f32x4.abs(x), f32x4.splat(0.7071067812));
  const t = f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), f32x4.mul(z, f32x4.splat(0.5))));
  let p = f32x4.splat(0.17087277);
  p = multiplyAdd(p, t, f32x4.splat(-0.82215223));
  p = multiplyAdd(p, t, f32x4.splat(1.48851587));
  p = multiplyAdd(p, t, f32x4.splat(-1.13520398));
  p = multiplyAdd(p, t, f32x4.splat(0.27886807));
  p = multiplyAdd(p, t, f32x4.splat(-0.18628806));
  p = multiplyAdd(p, t, f32x4.splat(0.09678418));
  p = multiplyAdd(p, t, f32x4.splat(0.37409196));
  p = multiplyAdd(p, t, f32x4.splat(1.00002368));
  p = multiplyAdd(p, t, f32x4.splat(-1.26551223));
  const tail = f32x4.mul(f32x4.mul(t, f32x4.splat(0.5)), exp(f32x4.sub(p, f32x4.mul(z, z))));
  return v128.bitselect(tail, f32x4.sub(f32x4.splat(1), tail), f32x4.lt(x, f32x4.splat(0)));
}

/** Natural logarithm of a positive value: e · ln 2 + ln m with m in √½ … √2, by the series of artanh. */
export function log(x: f32): f64 {
  if (!(x < Infinity)) return x;
  const bits = reinterpret<i32>(x) - 0x3f3504f3;
  const exponent = bits >> 23;
  const m = <f64>reinterpret<f32>((bits & 0x7fffff) + 0x3f3504f3);
  const s = (m - 1) / (m + 1);
  const q = s * s;
  const series = 1 + q * (1.0 / 3 + q * (1.0 / 5 + q * (1.0 / 7 + q * (1.0 / 9 + q * (1.0 / 11)))));
  return <f64>exponent * 0.6931471805599453 + 2 * s * series;
}
