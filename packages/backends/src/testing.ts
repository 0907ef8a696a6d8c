/** The comparator of every numeric test: NaN and infinity are failures, tolerances are relative and absolute. */
import type * as tf from '@tensorflow/tfjs-core';

export { installKernels } from './kernel-sets.ts';

export interface Tolerance {
  /** Allowed difference as a share of the largest expected magnitude of the tensor. */
  relative: number;
  /** Allowed difference on top, for tensors that are nearly zero. */
  absolute: number;
}

/** How far two tensors' values lie apart. */
export interface Comparison {
  /** The largest difference of two values in the same place. */
  difference: number;
  /** The largest expected magnitude. */
  magnitude: number;
  /** The difference as a share of what the tolerance allows: at most 1 passes. */
  share: number;
}

type Values = ArrayLike<number>;

/**
 * Compares the values of two tensors.
 *
 * @throws Error naming the first value of either side that is not finite, or sizes that differ
 */
export function compare(actual: Values, expected: Values, { relative, absolute }: Tolerance): Comparison {
  if (actual.length !== expected.length)
    throw new Error(`${actual.length} values, expected ${expected.length}`);
  let [magnitude, difference] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    if (!Number.isFinite(a) || !Number.isFinite(e)) throw new Error(`value ${i} is ${a}, expected ${e}`);
    magnitude = Math.max(magnitude, Math.abs(e));
    difference = Math.max(difference, Math.abs(a - e));
  }
  return { difference, magnitude, share: difference / (relative * magnitude + absolute) };
}

/**
 * Compares tensors or their values, which are read asynchronously: some backends cannot do otherwise.
 *
 * @throws Error unless `actual` lies within the tolerance of `expected`
 */
export async function expectClose(
  actual: tf.Tensor | Values,
  expected: tf.Tensor | Values,
  tolerance: Tolerance,
  what = 'tensor',
): Promise<Comparison> {
  const values = async (side: tf.Tensor | Values) =>
    'dataId' in side ? await (side as tf.Tensor).data() : side;
  const comparison = compare(await values(actual), await values(expected), tolerance);
  if (comparison.share > 1) {
    throw new Error(
      `${what} differs ${comparison.share.toPrecision(3)} times more than allowed (relative ${tolerance.relative}, absolute ${tolerance.absolute})`,
    );
  }
  return comparison;
}
