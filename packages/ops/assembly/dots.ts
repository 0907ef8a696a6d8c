/** Products of so few rows that packing the other side would cost more than it saves, such as those of one token. */
import { dot, products } from './lanes';

/**
 * result [rows, columns] = left [rows, depth] · right [columns, depth]ᵀ, both row by row in one piece. The right side comes
 * from memory once and in the order in which it lies: one stream is two to three times as fast as four at a time.
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
  const a = products(left, right, line);
  const b = products(left, right + line, line);
  const c = products(left, right + 2 * line, line);
  const d = products(left, right + 3 * line, line);
  const lowAB = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const highAB = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const lowCD = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const highCD = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  const ab = f32x4.add(lowAB, highAB);
  const cd = f32x4.add(lowCD, highCD);
  return f32x4.add(v128.shuffle<f64>(ab, cd, 0, 2), v128.shuffle<f64>(ab, cd, 1, 3));
}
