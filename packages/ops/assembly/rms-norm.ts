/** RMSNorm and its gradient. A missing gain is address 0. */
import { dot, multiplyAdd, single, storeSingle, sumOf, wholeVectors } from './lanes';

/** y [rows, width] = x · inverse · gain, and inverse [rows] = 1 / sqrt(mean(x²) + epsilon). */
export function rmsNorm(
  x: usize,
  gain: usize,
  y: usize,
  inverse: usize,
  rows: i32,
  width: i32,
  epsilon: f32,
): void {
  const bytes = (<usize>width) << 2;
  for (let row = 0; row < rows; row++) {
    const scale: f32 = 1 / sqrt<f32>(dot(x, x, bytes) / <f32>width + epsilon);
    store<f32>(inverse, scale);
    normalize(x, gain, y, bytes, f32x4.splat(scale));
    x += bytes;
    y += bytes;
    inverse += 4;
  }
}

function normalize(x: usize, gain: usize, y: usize, bytes: usize, scale: v128): void {
  const vectors = wholeVectors(bytes);
  let at: usize = 0;
  for (; at < vectors; at += 16) {
    const unit = f32x4.mul(v128.load(x + at), scale);
    v128.store(y + at, gain ? f32x4.mul(unit, v128.load(gain + at)) : unit);
  }
  for (; at < bytes; at += 4) {
    const unit = f32x4.mul(single(x + at), scale);
    storeSingle(y + at, gain ? f32x4.mul(unit, single(gain + at)) : unit);
  }
}

/** dx [rows, width], and dGain [width] where there is a gain. */
export function rmsNormGradient(
  dy: usize,
  x: usize,
  gain: usize,
  inverse: usize,
  dx: usize,
  dGain: usize,
  rows: i32,
  width: i32,
): void {
  const bytes = (<usize>width) << 2;
  if (gain) memory.fill(dGain, 0, bytes);
  for (let row = 0; row < rows; row++) {
    const scale = load<f32>(inverse);
    // Along x itself nothing changes: of dy · gain / rms(x), the part along x falls away.
    const along = ((gain ? dotOfThree(dy, gain, x, bytes) : dot(dy, x, bytes)) * scale * scale) / <f32>width;
    differentiate(dy, x, gain, dx, bytes, f32x4.splat(scale), f32x4.splat(along));
    if (gain) addProduct(dGain, dy, x, bytes, f32x4.splat(scale));
    dy += bytes;
    x += bytes;
    dx += bytes;
    inverse += 4;
  }
}

/** dx = (dy · gain − x · along) · scale. */
function differentiate(
  dy: usize,
  x: usize,
  gain: usize,
  dx: usize,
  bytes: usize,
  scale: v128,
  along: v128,
): void {
  const vectors = wholeVectors(bytes);
  let at: usize = 0;
  for (; at < vectors; at += 16) {
    let d = v128.load(dy + at);
    if (gain) d = f32x4.mul(d, v128.load(gain + at));
    v128.store(dx + at, f32x4.mul(f32x4.sub(d, f32x4.mul(v128.load(x + at), along)), scale));
  }
  for (; at < bytes; at += 4) {
    let d = single(dy + at);
    if (gain) d = f32x4.mul(d, single(gain + at));
    storeSingle(dx + at, f32x4.mul(f32x4.sub(d, f32x4.mul(single(x + at), along)), scale));
  }
}

/** total += a · b · scale. */
function addProduct(total: usize, a: usize, b: usize, bytes: usize, scale: v128): void {
  const vectors = wholeVectors(bytes);
  let at: usize = 0;
  for (; at < vectors; at += 16) {
    const product = f32x4.mul(f32x4.mul(v128.load(a + at), v128.load(b + at)), scale);
    v128.store(total + at, f32x4.add(v128.load(total + at), product));
  }
  for (; at < bytes; at += 4) {
    const product = f32x4.mul(f32x4.mul(single(a + at), single(b + at)), scale);
    storeSingle(total + at, f32x4.add(single(total + at), product));
  }
}

/** Σ a · b · c. */
function dotOfThree(a: usize, b: usize, c: usize, bytes: usize): f32 {
  const vectors = wholeVectors(bytes);
  let sums = f32x4.splat(0);
  let at: usize = 0;
  for (; at < vectors; at += 16) {
    const product = f32x4.mul(v128.load(a + at), v128.load(b + at));
    sums = multiplyAdd(product, v128.load(c + at), sums);
  }
  let sum = sumOf(sums);
  for (; at < bytes; at += 4) sum += load<f32>(a + at) * load<f32>(b + at) * load<f32>(c + at);
  return sum;
}
