/** The innermost loop of a matrix product: one 4 × 8 tile of the result, held in eight vectors. */
import { multiplyAdd } from './lanes';

/** Rows and columns of a tile. */
export const ROWS = 4;
export const COLUMNS = 8;

/**
 * tile = left · right, or tile += left · right.
 *
 * @param left packed [depth, 4]
 * @param right packed [depth, 8]
 * @param tile [4, 8], with `stride` bytes between its rows
 */
export function multiplyTile(
  left: usize,
  right: usize,
  depth: i32,
  tile: usize,
  stride: usize,
  add: bool,
): void {
  let a0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  let c0 = f32x4.splat(0);
  let c1 = f32x4.splat(0);
  let d0 = f32x4.splat(0);
  let d1 = f32x4.splat(0);
  for (const end = left + ((<usize>depth) << 4); left < end; left += 16, right += 32) {
    const right0 = v128.load(right);
    const right1 = v128.load(right, 16);
    const a = v128.load_splat<f32>(left);
    a0 = multiplyAdd(a, right0, a0);
    a1 = multiplyAdd(a, right1, a1);
    const b = v128.load_splat<f32>(left, 4);
    b0 = multiplyAdd(b, right0, b0);
    b1 = multiplyAdd(b, right1, b1);
    const c = v128.load_splat<f32>(left, 8);
    c0 = multiplyAdd(c, right0, c0);
    c1 = multiplyAdd(c, right1, c1);
    const d = v128.load_splat<f32>(left, 12);
    d0 = multiplyAdd(d, right0, d0);
    d1 = multiplyAdd(d, right1, d1);
  }
  storeRow(tile, a0, a1, add);
  storeRow(tile + stride, b0, b1, add);
  storeRow(tile + 2 * stride, c0, c1, add);
  storeRow(tile + 3 * stride, d0, d1, add);
}

@inline
function storeRow(row: usize, first: v128, second: v128, add: bool): void {
  if (add) {
    first = f32x4.add(v128.load(row), first);
    second = f32x4.add(v128.load(row, 16), second);
  }
  v128.store(row, first);
  v128.store(row, second, 16);
}
