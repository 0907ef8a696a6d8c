/** Texts side by side: a row whose document ends at a block border starts anew while the others go on. */
import { describeEachBackend } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { test } from 'vitest';
import { continuedState, type FamState } from '../src/index.ts';
import { llamaStack } from './llama.ts';
import { expectAllClose, forwardTolerance, holds } from './property.ts';
import { calls, lengthOf, readCalls, stacks, startOf, textOf, valuesOf, weightsOf } from './stacks.ts';

describeEachBackend('Documents', () => {
  test('a row that starts anew reads as if from the start, and the others as if nothing had happened', () =>
    holds(fc.tuple(stacks(), fc.integer({ min: 1, max: 3 }), calls(10)), async ([random, blocks, cut]) => {
      const stack = { ...random, rows: 2 };
      const before = [{ tokens: blocks * stack.config.blockSize, schedule: 'scan' as const }];
      const values = await valuesOf(() => {
        const weights = weightsOf(stack);
        const x = textOf(stack, lengthOf(cut));
        const fresh = startOf(stack, weights);
        const { state } = readCalls(stack, weights, textOf(stack, lengthOf(before)), fresh, before);
        const read = (from: FamState) => tf.split(readCalls(stack, weights, x, from, cut).x, 2, 0);
        const layers = llamaStack(stack.config, stack.depth, weights);
        const [anew, on] = read(continuedState(layers, state, [false, true], [0, 0]));
        return { anew: anew!, on: on!, fresh: read(fresh)[0]!, uninterrupted: read(state)[1]! };
      });
      const { anew, on, fresh, uninterrupted } = values as Record<keyof typeof values, Float32Array>;
      await expectAllClose({ anew: anew!, on: on! }, { anew: fresh!, on: uninterrupted! }, forwardTolerance);
    }));
});
