/** The comparator of every numeric test: NaN and infinity are failures, tolerances are relative and absolute. */
import type * as tf from '@tensorflow/tfjs-core';

export interface Tolerance {
  /** Allowed difference as a share of the largest expected magnitude of the tensor. */
  relative: number;
  /** Allowed difference on top, for tensors that are nearly zero. */
  absolute: number;
}

type Values = ArrayLike<number>;

/**
 * The largest difference between two tensors' values as a share of what the tolerance allows: at most 1 passes.
 *
 * @throws Error naming the first value of either side that is not finite, or sizes that differ
 */
export function excess(actual: Values, expected: Values, { relative, absolute }: Tolerance): number {
  if (actual.length !== expected.length)
    throw new Error(`${actual.length} values, expected ${expected.length}`);
  let [largest, difference] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    if (!Number.isFinite(a) || !Number.isFinite(e)) throw new Error(`value ${i} is ${a}, expected ${e}`);
    largest = Math.max(largest, Math.abs(e));
    difference = Math.max(difference, Math.abs(a - e));
  }
  return difference / (relative * largest + absolute);
}

/** Fails unless `actual` lies within the tolerance of `expected`. */
export async function expectClose(
  actual: tf.Tensor | Values,
  expected: tf.Tensor | Values,
  tolerance: Tolerance,
  what = 'tensor',
): Promise<void> {
  const values = async (side: tf.Tensor | Values) =>
    'dataId' in side ? await (side as tf.Tensor).data() : side;
  const share = excess(await values(actual), await values(expected), tolerance);
  if (share > 1) {
    throw new Error(
      `${what} differs ${share.toPrecision(3)} times more than allowed (relative ${tolerance.relative}, absolute ${tolerance.absolute})`,
    );
  }
}
