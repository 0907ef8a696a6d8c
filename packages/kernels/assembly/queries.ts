/** The queries of a block whose heads share a key head: row i · group + g is head g of the group at token i. */
import { Problem } from './problem';
import { copyRows } from './rows';

/** Bytes from the start of a tensor [B, T, N, H, D] to the rows of a group. */
export function groupOffset(p: Problem, b: i32, t: i32, head: i32): usize {
  return ((b * p.T + t) * p.N) as usize * p.queryToken + ((head * p.group * p.D) << 2);
}

/** Brings the rows of a group into working memory. */
export function gather(to: usize, from: usize, p: Problem, factor: f32): void {
  for (let i = 0; i < p.N; i++) {
    copyRows(to, p.headPitch, from, p.D << 2, p.group, p.D, factor);
    to += p.group * p.headPitch;
    from += p.queryToken;
  }
}

/** Puts the rows of a group back where they belong. */
export function scatter(to: usize, from: usize, p: Problem, factor: f32): void {
  for (let i = 0; i < p.N; i++) {
    copyRows(to, p.D << 2, from, p.headPitch, p.group, p.D, factor);
    to += p.queryToken;
    from += p.group * p.headPitch;
  }
}

/**
 * to += from, turned forward by `back` blocks, or backward where `direction` is −1. A query that is turned forward meets
 * keys of that many blocks back as if they had been turned back.
 */
export function addTurned(to: usize, from: usize, p: Problem, back: i32, direction: f32): void {
  const half = p.D >> 1;
  const cos = p.cos + (((back - 1) * half) << 2);
  const sin = p.sin + (((back - 1) * half) << 2);
  for (let row = 0; row < p.rows; row++) {
    addTurnedRow(to, from, half, cos, sin, direction);
    to += p.headPitch;
    from += p.headPitch;
  }
}

function addTurnedRow(to: usize, from: usize, half: i32, cos: usize, sin: usize, direction: f32): void {
  const second = (half << 2) as usize;
  const directions = f32x4.splat(direction);
  let j = 0;
  for (; j + 4 <= half; j += 4) {
    const at = (j << 2) as usize;
    const x = v128.load(from + at);
    const y = v128.load(from + second + at);
    const c = v128.load(cos + at);
    const s = f32x4.mul(v128.load(sin + at), directions);
    const x2 = f32x4.sub(f32x4.mul(x, c), f32x4.mul(y, s));
    const y2 = f32x4.add(f32x4.mul(y, c), f32x4.mul(x, s));
    v128.store(to + at, f32x4.add(v128.load(to + at), x2));
    v128.store(to + second + at, f32x4.add(v128.load(to + second + at), y2));
  }
  for (; j < half; j++) {
    const at = (j << 2) as usize;
    const x = load<f32>(from + at);
    const y = load<f32>(from + second + at);
    const c = load<f32>(cos + at);
    const s = load<f32>(sin + at) * direction;
    store<f32>(to + at, load<f32>(to + at) + (x * c - y * s));
    store<f32>(to + second + at, load<f32>(to + second + at) + (y * c + x * s));
  }
}
