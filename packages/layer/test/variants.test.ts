/** What sets the variants apart: the size of FAM over long texts, and its absence. */
import { describeEachBackend, expectClose } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Preset } from '../src/index.ts';
import { holds } from './property.ts';
import {
  calls,
  countedTensors,
  hasFam,
  lengthOf,
  readCalls,
  readText,
  type Stack,
  stacks,
  startOf,
  textOf,
  valuesOf,
  weightsOf,
} from './stacks.ts';

/** Root mean square of FAM after each of so many blocks, of the same 32 again and again. */
async function famSizes(stack: Stack, variant: Preset, blocks: number): Promise<Float32Array> {
  const cut = [{ tokens: 32 * stack.config.blockSize, schedule: 'scan' as const }];
  const { sizes } = await valuesOf(() => {
    const sizes: tf.Tensor[] = [];
    const observe = (_: tf.Tensor, after: tf.Tensor) => sizes.push(tf.sqrt(tf.mean(tf.square(after))));
    const weights = weightsOf(stack);
    const x = textOf(stack, lengthOf(cut));
    const config = { ...stack.config, variant };
    let state = startOf(stack, weights);
    while (sizes.length < blocks) {
      state = readCalls({ ...stack, config }, weights, x, state, cut, { recurrence: { observe } }).state;
    }
    return { sizes: tf.stack(sizes) };
  });
  return sizes!;
}

/** One layer with nothing but FAM between its blocks. */
const narrow = stacks({ memorySegments: 0, normEpsilon: 1e-6 }).map((stack) => ({ ...stack, depth: 1 }));

describeEachBackend('Variants', () => {
  test('fam-norm keeps the root mean square of FAM at 1 over 128 blocks; that of fam grows', () =>
    holds(
      narrow.filter(hasFam),
      async (stack) => {
        const normed = await famSizes(stack, 'fam-norm', 128);
        await expectClose(normed, new Float32Array(128).fill(1), { relative: 1e-4, absolute: 0 });
        const free = await famSizes(stack, 'fam', 64);
        expect(free.at(-1)).toBeGreaterThan(10 * free[0]!);
      },
      1,
    ));

  test('without FAM there is none in the state, and the variant makes no difference', () =>
    holds(fc.tuple(stacks({ famLength: 0 }), calls(14)), async ([stack, cut]) => {
      const read = (variant: Preset) =>
        valuesOf(() => {
          const { x, state } = readText({ ...stack, config: { ...stack.config, variant } }, cut);
          return { x, ...countedTensors(stack, state) };
        });
      const fam = await read('fam');
      expect(await read('fam-norm')).toEqual(fam);
      expect(Object.keys(fam).filter((name) => name.endsWith('.fam'))).toEqual([]);
    }));
});
