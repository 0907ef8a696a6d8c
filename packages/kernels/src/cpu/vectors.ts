/** Arithmetic on vectors of D values that lie within longer arrays. */

type Values = Float32Array | Float64Array;

/** Σ x · y */
export function dot(x: Values, xAt: number, y: Values, yAt: number, D: number): number {
  let sum = 0;
  for (let j = 0; j < D; j++) sum += x[xAt + j]! * y[yAt + j]!;
  return sum;
}

/** to += factor · from */
export function add(to: Values, toAt: number, factor: number, from: Values, fromAt: number, D: number): void {
  for (let j = 0; j < D; j++) to[toAt + j]! += factor * from[fromAt + j]!;
}

/** The vector rotated forward by the angles in row `row` of two tables [..., D/2], or back where `direction` is −1. */
export function rotate(
  x: Float64Array,
  cos: Values,
  sin: Values,
  row: number,
  direction: 1 | -1,
): Float64Array {
  const half = x.length / 2;
  return x.map((value, j) => {
    const angle = row * half + (j % half);
    const across = j < half ? -x[j + half]! : x[j - half]!;
    return value * cos[angle]! + across * direction * sin[angle]!;
  });
}
