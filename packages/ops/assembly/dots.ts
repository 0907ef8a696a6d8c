/** Products of so few rows that packing the other side would cost more than it saves, such as those of one token. */
import { dot, wholeVectors } from './lanes';

/**
 * result [rows, columns] = left [rows, depth] · right [columns, depth]ᵀ, both row by row in one piece.
 */
export function matMulByDots(
  left: usize,
  right: usize,
  result: usize,
  rows: i32,
  columns: i32,
  depth: i32,
): void {
  const line = (<usize>depth) << 2;
  const stride = (<usize>columns) << 2;
  let column = 0;
  for (; column + 4 <= columns; column += 4) {
    for (let row = 0; row < rows; row++) {
      v128.store(result + <usize>row * stride, fourDots(left + <usize>row * line, right, line));
    }
    right += 4 * line;
    result += 16;
  }
  for (; column < columns; column++) {
    for (let row = 0; row < rows; row++) {
      store<f32>(result + <usize>row * stride, dot(left + <usize>row * line, right, line));
    }
    right += line;
    result += 4;
  }
}

/** The products of one line with four that follow one another. */
function fourDots(left: usize, right: usize, line: usize): v128 {
  const second = right + line;
  const third = second + line;
  const fourth = third + line;
  const vectors = wholeVectors(line);
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  let c = f32x4.splat(0);
  let d = f32x4.splat(0);
  let at: usize = 0;
  for (; at < vectors; at += 16) {
    const x = v128.load(left + at);
    a = f32x4.add(a, f32x4.mul(x, v128.load(right + at)));
    b = f32x4.add(b, f32x4.mul(x, v128.load(second + at)));
    c = f32x4.add(c, f32x4.mul(x, v128.load(third + at)));
    d = f32x4.add(d, f32x4.mul(x, v128.load(fourth + at)));
  }
  const lowAB = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const highAB = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const lowCD = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const highCD = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  const ab = f32x4.add(lowAB, highAB);
  const cd = f32x4.add(lowCD, highCD);
  let sums = f32x4.add(v128.shuffle<f64>(ab, cd, 0, 2), v128.shuffle<f64>(ab, cd, 1, 3));
  for (; at < line; at += 4) {
    const others = f32x4(
      load<f32>(right + at),
      load<f32>(second + at),
      load<f32>(third + at),
      load<f32>(fourth + at),
    );
    sums = f32x4.add(sums, f32x4.mul(v128.load_splat<f32>(left + at), others));
  }
  return sums;
}
