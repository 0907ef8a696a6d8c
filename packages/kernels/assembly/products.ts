/** The one product of matrices: the sums of all of attention are made here, four rows and eight columns at a time. */
import { multiplyAdd } from './vector';

/**
 * C = A · B, or C += A · B. Pitches count bytes between rows; element k of a row of A lies k · aStep bytes behind its first
 * one, so that A can be read transposed.
 *
 * @param rows of C, rounded up to fours: C and A must have them
 * @param columns of C, rounded up to eights: C and B must have them
 * @param depth columns of A and rows of B, exactly
 */
export function multiply(
  c: usize, cPitch: usize,
  a: usize, aPitch: usize, aStep: usize,
  b: usize, bPitch: usize,
  rows: i32, columns: i32, depth: i32, accumulate: bool,
): void {
  for (let row = 0; row < rows; row += 4) {
    for (let column = 0; column < columns; column += 8) {
      const start = (column << 2) as usize;
      tile(c + start, cPitch, a, aPitch, aStep, b + start, bPitch, depth, accumulate);
    }
    c += cPitch << 2;
    a += aPitch << 2;
  }
}

function tile(
  c0: usize, cPitch: usize,
  a0: usize, aPitch: usize, aStep: usize,
  b: usize, bPitch: usize,
  depth: i32, accumulate: bool,
): void {
  const c1 = c0 + cPitch;
  const c2 = c1 + cPitch;
  const c3 = c2 + cPitch;
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  if (accumulate) {
    c00 = v128.load(c0);
    c01 = v128.load(c0, 16);
    c10 = v128.load(c1);
    c11 = v128.load(c1, 16);
    c20 = v128.load(c2);
    c21 = v128.load(c2, 16);
    c30 = v128.load(c3);
    c31 = v128.load(c3, 16);
  }
  let a1 = a0 + aPitch;
  let a2 = a1 + aPitch;
  let a3 = a2 + aPitch;
  for (; depth > 0; depth--) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load32_splat(a0);
    c00 = multiplyAdd(x, b0, c00);
    c01 = multiplyAdd(x, b1, c01);
    x = v128.load32_splat(a1);
    c10 = multiplyAdd(x, b0, c10);
    c11 = multiplyAdd(x, b1, c11);
    x = v128.load32_splat(a2);
    c20 = multiplyAdd(x, b0, c20);
    c21 = multiplyAdd(x, b1, c21);
    x = v128.load32_splat(a3);
    c30 = multiplyAdd(x, b0, c30);
    c31 = multiplyAdd(x, b1, c31);
    a0 += aStep;
    a1 += aStep;
    a2 += aStep;
    a3 += aStep;
    b += bPitch;
  }
  v128.store(c0, c00);
  v128.store(c0, c01, 16);
  v128.store(c1, c10);
  v128.store(c1, c11, 16);
  v128.store(c2, c20);
  v128.store(c2, c21, 16);
  v128.store(c3, c30);
  v128.store(c3, c31, 16);
}
