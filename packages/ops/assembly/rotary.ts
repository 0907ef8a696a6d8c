/** Rotary position embedding: the two halves of each head turn against each other. */
import { single, storeSingle, wholeVectors } from './lanes';

/**
 * y = x turned by `direction` (1, or −1 for back) times the angles of its position.
 *
 * @param x [groups, positions, heads, 2 · half]
 * @param cos [positions, half]
 * @param sin [positions, half]
 */
export function rotary(
  x: usize,
  cos: usize,
  sin: usize,
  y: usize,
  groups: i32,
  positions: i32,
  heads: i32,
  half: i32,
  direction: f32,
): void {
  const bytes = (<usize>half) << 2;
  for (let group = 0; group < groups; group++) {
    for (let position = 0; position < positions; position++) {
      const angles = <usize>position * bytes;
      for (let head = 0; head < heads; head++) {
        rotate(x, cos + angles, sin + angles, y, bytes, f32x4.splat(direction));
        x += 2 * bytes;
        y += 2 * bytes;
      }
    }
  }
}

function rotate(x: usize, cos: usize, sin: usize, y: usize, half: usize, direction: v128): void {
  const vectors = wholeVectors(half);
  let at: usize = 0;
  for (; at < vectors; at += 16) {
    const first = v128.load(x + at);
    const second = v128.load(x + half + at);
    const c = v128.load(cos + at);
    const s = f32x4.mul(v128.load(sin + at), direction);
    v128.store(y + at, f32x4.sub(f32x4.mul(first, c), f32x4.mul(second, s)));
    v128.store(y + half + at, f32x4.add(f32x4.mul(second, c), f32x4.mul(first, s)));
  }
  for (; at < half; at += 4) {
    const first = single(x + at);
    const second = single(x + half + at);
    const c = single(cos + at);
    const s = f32x4.mul(single(sin + at), direction);
    storeSingle(y + at, f32x4.sub(f32x4.mul(first, c), f32x4.mul(second, s)));
    storeSingle(y + half + at, f32x4.add(f32x4.mul(second, c), f32x4.mul(first, s)));
  }
}
