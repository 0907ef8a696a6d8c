/** A loss on a random text, which the tape and the recomputed backward pass both differentiate. */
import * as tf from '@tensorflow/tfjs-core';
import type {
  FamState,
  ReadOptions,
  RecomputedPass,
  Recurrence,
  SegmentResult,
  WeightMap,
} from '../src/index.ts';
import { type Calls, lengthOf, readCalls, type Stack, textOf } from './stacks.ts';

export interface Loss {
  /** Reads calls that begin at token `from`, 0 unless given: their share of the loss, and the state after them. */
  read(weights: WeightMap, state: FamState, cut: Calls, from?: number): SegmentResult;
  /** The same text with every call as a segment of its own. */
  pass(cut: Calls, start: RecomputedPass['start']): RecomputedPass;
  dispose(): void;
}

/** The loss pulls every activation above the stack its own way. */
export function lossOn(
  stack: Stack,
  length: number,
  recurrence: Recurrence = {},
  options: Pick<ReadOptions, 'recomputeLayers'> = {},
): Loss {
  const [x, pull] = [textOf(stack, length), textOf({ ...stack, seed: stack.seed + 1 }, length)];
  const read: Loss['read'] = (weights, state, cut, from = 0) => {
    const piece = (whole: tf.Tensor) => tf.slice(whole, [0, from], [-1, lengthOf(cut)]);
    const above = readCalls(stack, weights, piece(x), state, cut, { ...options, recurrence });
    return { loss: () => tf.sum<tf.Scalar>(tf.mul(above.x, piece(pull))), state: above.state };
  };
  return {
    read,
    pass: (cut, start) => ({
      segments: cut.length,
      start,
      read: (index, weights, state) => read(weights, state, [cut[index]!], lengthOf(cut.slice(0, index))),
    }),
    dispose: () => tf.dispose([x, pull]),
  };
}
