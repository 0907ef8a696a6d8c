/** Heads of which only the first part turns: their pairs are moved to where kernels have them, half a head apart. */
import { ConfigError, require } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import type { Rope } from './rope.ts';

export interface PartialHeads extends Rope {
  /** D: width of a head, even. */
  headWidth: number;
  /** How much of a head turns, even. */
  rotaryWidth: number;
}

/** Frequencies of the pairs that do not turn. */
export const stillPairs = ({ headWidth, rotaryWidth }: PartialHeads) =>
  Array<number>((headWidth - rotaryWidth) / 2).fill(0);

/** Rows of heads [H, D, …] such that pair j of those that turn is (j, j + D/2) instead of (j, j + rotaryWidth/2): [H · D, …]. */
export function halvesApart(weight: tf.Tensor, { headWidth, rotaryWidth }: PartialHeads): tf.Tensor {
  const [turning, still] = [rotaryWidth / 2, (headWidth - rotaryWidth) / 2];
  if (still === 0) return flatHeads(weight);
  const rows = (from: number, count: number) => {
    const rest = Array<number>(weight.rank - 2);
    return tf.slice(weight, [0, from, ...rest.fill(0)], [-1, count, ...rest.fill(-1)]);
  };
  return flatHeads(
    tf.concat(
      [
        ...[rows(0, turning), rows(rotaryWidth, still)],
        ...[rows(turning, turning), rows(rotaryWidth + still, still)],
      ],
      1,
    ),
  );
}

/** [H, D, …] as [H · D, …]. */
export const flatHeads = (weight: tf.Tensor) =>
  tf.reshape(weight, [weight.shape[0]! * weight.shape[1]!, ...weight.shape.slice(2)]);

/**
 * @param key of config.json, which says how much turns
 * @throws ConfigError when that is no even part of a head, or grows as only whole heads can
 */
export function requireTurning({ headWidth, rotaryWidth, scaling }: PartialHeads, key: string): void {
  require(rotaryWidth >= 2 && rotaryWidth % 2 === 0, ConfigError, () => ({
    wrong: `Rotary positions turn ${rotaryWidth} of the ${headWidth} numbers of a head.`,
    expected: 'an even number of at least 2.',
    remedy: `correct ${key}.`,
  }));
  require(rotaryWidth === headWidth || scaling?.type !== 'yarn', ConfigError, () => ({
    wrong: `Positions of the type "yarn" turn ${rotaryWidth} of the ${headWidth} numbers of a head.`,
    expected: 'whole heads, or positions of the type default, linear, dynamic or llama3.',
    remedy: 'use a model whose heads turn as a whole.',
  }));
}
