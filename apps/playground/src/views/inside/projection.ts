/** Principal components of a few long vectors: the two directions along which they lie farthest apart. */

export interface Plane {
  /** Where a vector lies in the plane. */
  place(vector: Float32Array): [number, number];
  /** Shares of the variance. */
  shares: [number, number];
}

/** By power iteration on the products of the centred vectors, of which there are few. */
export function planeOf(vectors: readonly Float32Array[]): Plane {
  const mean = weightedSum(
    vectors,
    vectors.map(() => 1 / vectors.length),
  );
  const centred = vectors.map((vector) => Float64Array.from(vector, (value, i) => value - mean[i]!));
  let products = centred.map((a) => centred.map((b) => dot(a, b)));
  const total = products.reduce((sum, row, i) => sum + row[i]!, 0) || 1;
  const axes = [0, 1].map(() => {
    const { vector, value } = strongest(products);
    products = products.map((row, i) => row.map((entry, j) => entry - value * vector[i]! * vector[j]!));
    const sum = weightedSum(centred, vector);
    const length = Math.sqrt(dot(sum, sum)) || 1;
    return { direction: sum.map((entry) => entry / length), share: value / total };
  });
  const [first, second] = axes as [(typeof axes)[number], (typeof axes)[number]];
  const along = (direction: Float64Array, vector: Float32Array) =>
    direction.reduce((sum, entry, i) => sum + entry * (vector[i]! - mean[i]!), 0);
  return {
    place: (vector) => [along(first.direction, vector), along(second.direction, vector)],
    shares: [first.share, second.share],
  };
}

function weightedSum(vectors: readonly ArrayLike<number>[], weights: ArrayLike<number>): Float64Array {
  const sum = new Float64Array(vectors[0]!.length);
  for (const [n, vector] of vectors.entries()) {
    for (let i = 0; i < sum.length; i++) sum[i]! += weights[n]! * vector[i]!;
  }
  return sum;
}

/** The largest eigenvalue of a symmetric matrix, with its vector. */
function strongest(matrix: readonly (readonly number[])[]): { vector: Float64Array; value: number } {
  let vector = Float64Array.from(matrix, (_, i) => Math.cos(i + 1));
  let value = 0;
  for (let step = 0; step < 200; step++) {
    const next = Float64Array.from(matrix, (row) =>
      row.reduce((sum, entry, j) => sum + entry * vector[j]!, 0),
    );
    value = Math.sqrt(dot(next, next));
    if (value === 0) break;
    vector = next.map((entry) => entry / value);
  }
  return { vector, value };
}

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, entry, i) => sum + entry * b[i]!, 0);
