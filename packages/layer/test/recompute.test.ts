/** The recomputed backward pass equals the tape over the whole text, and takes the memory of one segment. */
import { tidied } from '@famjs/backends';
import { describeEachBackendOnce, type Tolerance } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  disposeState,
  type Gradients,
  type Recurrence,
  recomputedCall,
  recomputedGradients,
  stateTensors,
  type WeightMap,
} from '../src/index.ts';
import { lossOn } from './loss.ts';
import { expectAllClose, forwardTolerance, holds } from './property.ts';
import { recurrences } from './recurrences.ts';
import {
  type Calls,
  calls,
  countedTensors,
  hasFam,
  lengthOf,
  readText,
  type Stack,
  stacks,
  startOf,
  valuesOf,
  weightsOf,
} from './stacks.ts';
import { tapeGradients } from './tape.ts';

const gradientTolerance: Tolerance = { relative: 1e-5, absolute: 1e-6 };

const passes = fc.record({
  stack: stacks(),
  cut: calls(12),
  past: fc.option(calls(6), { nil: undefined }),
  recurrence: fc.constantFrom<Recurrence>(...Object.values(recurrences)),
  recomputeLayers: fc.boolean(),
});

const tensorsOf = ({ loss, gradients, state }: Gradients) => [
  loss,
  ...Object.values(gradients),
  ...Object.values(stateTensors(state)),
];

const long: Stack = {
  config: {
    blockSize: 4,
    memorySegments: 1,
    famLength: 2,
    variant: 'fam',
    position: 'last',
    width: 8,
    heads: 2,
    keyValueHeads: 1,
    headWidth: 4,
    normEpsilon: 1e-5,
    theta: 100,
  },
  depth: 2,
  rows: 1,
  seed: 1,
};

/** Most bytes of tensors at any time while gradients of `long` are computed, beyond the weights and the text. */
async function peakBytes(method: 'tape' | 'recomputed', blocks: number): Promise<number> {
  const { blockSize } = long.config;
  const weights = weightsOf(long);
  const loss = lossOn(long, blocks * blockSize);
  const start = (weights: WeightMap) => startOf(long, weights);
  const segments = (blocks: number, size: number): Calls =>
    Array.from({ length: blocks / size }, () => ({ tokens: size * blockSize, schedule: 'scan' }));
  const before = tf.memory().numBytes;
  const { peakBytes } = await tf.profile(() => {
    if (method === 'tape') {
      const read = () => ({ loss: loss.read(weights, start(weights), segments(blocks, blocks)).loss() });
      tf.dispose(tidied(() => tapeGradients(weights, read)) as object as tf.TensorContainer);
    } else {
      const pass = loss.pass(segments(blocks, 2), start);
      tf.dispose(tensorsOf(recomputedGradients(pass, weights, Object.keys(weights))));
    }
    return tf.scalar(0);
  });
  loss.dispose();
  tf.dispose(weights);
  return peakBytes - before;
}

describeEachBackendOnce('The recomputed backward pass', () => {
  test('equals the tape, from the prompt and from a carried state, and leaves no tensors behind', () =>
    holds(passes, async ({ stack, cut, past, recurrence, recomputeLayers }) => {
      const weights = weightsOf(stack);
      const carried = past && tidied(() => readText(stack, past).state);
      const start = (weights: WeightMap) => carried ?? startOf(stack, weights);
      const { 'fam.prompt': prompt, ...layers } = weights;
      const trainable = carried ? layers : weights;
      const loss = lossOn(stack, lengthOf(cut), recurrence);
      const again = lossOn(stack, lengthOf(cut), recurrence, {
        recomputeLayers: recomputeLayers ? recomputedCall : undefined,
      });

      const before = tf.memory().numTensors;
      const recomputed = recomputedGradients(again.pass(cut, start), weights, Object.keys(trainable));
      expect(tf.memory().numTensors - before).toBe(tensorsOf(recomputed).length);

      const taped = tidied(() =>
        tapeGradients(trainable, () => {
          const { loss: value, state } = loss.read(weights, start(weights), cut);
          return { loss: value(), ...countedTensors(stack, state) };
        }),
      );
      const outputs = () => ({ loss: recomputed.loss, ...countedTensors(stack, recomputed.state) });
      await expectAllClose(await valuesOf(outputs), await valuesOf(() => taped.outputs), forwardTolerance);
      const [gradients, expected] = [recomputed, taped].map((found) => valuesOf(() => found.gradients));
      await expectAllClose(await gradients!, await expected!, gradientTolerance);

      disposeState(recomputed.state);
      if (carried) disposeState(carried);
      loss.dispose();
      again.dispose();
      tf.dispose(weights);
    }));

  test('gives gradients to the weights asked for and to no others', () =>
    holds(
      fc.tuple(stacks().filter(hasFam), calls(8)),
      async ([stack, cut]) => {
        const weights = weightsOf(stack);
        const loss = lossOn(stack, lengthOf(cut));
        const pass = loss.pass(cut, (weights) => startOf(stack, weights));
        const [some, all] = [['fam.prompt'], Object.keys(weights)].map((names) => {
          const { loss, gradients, state } = recomputedGradients(pass, weights, names);
          disposeState(state);
          loss.dispose();
          return valuesOf(() => gradients);
        });
        const { 'fam.prompt': prompt } = await all!;
        expect(await some!).toEqual({ 'fam.prompt': prompt });
        loss.dispose();
        tf.dispose(weights);
      },
      2,
    ));

  test('leaves nothing behind when a read fails, whichever it is', () => {
    const weights = weightsOf(long);
    const loss = lossOn(long, 12);
    const cut: Calls = Array(3).fill({ tokens: 4, schedule: 'scan' });
    const pass = loss.pass(cut, (weights) => startOf(long, weights));
    const held = () => {
      const { numTensors, numBytes, numDataBuffers } = tf.memory();
      return { numTensors, numBytes, numDataBuffers };
    };
    const before = held();
    for (const failing of [0, 1, 2, 3, 4]) {
      let reads = 0;
      const read: typeof pass.read = (...call) => {
        const result = pass.read(...call);
        if (reads++ === failing) throw new Error(`read ${failing} failed`);
        return result;
      };
      expect(() => recomputedGradients({ ...pass, read }, weights, Object.keys(weights))).toThrow(
        `read ${failing} failed`,
      );
      expect(held()).toEqual(before);
    }
    loss.dispose();
    tf.dispose(weights);
  });

  test('asks each segment for its loss once, though it reads all but the last twice', () => {
    const weights = weightsOf(long);
    const loss = lossOn(long, 12);
    const pass = loss.pass(Array(3).fill({ tokens: 4, schedule: 'scan' }), (weights) =>
      startOf(long, weights),
    );
    const [reads, losses]: [number[], number[]] = [[], []];
    const read: typeof pass.read = (index, ...call) => {
      const result = pass.read(index, ...call);
      reads.push(index);
      return {
        ...result,
        loss: () => {
          losses.push(index);
          return result.loss();
        },
      };
    };
    tf.dispose(tensorsOf(recomputedGradients({ ...pass, read }, weights, Object.keys(weights))));
    expect([reads, losses]).toEqual([
      [0, 1, 2, 1, 0],
      [2, 1, 0],
    ]);
    loss.dispose();
    tf.dispose(weights);
  });

  test('takes at most 1.5 times the memory for 32 blocks as for 4, which the tape exceeds at 8', async () => {
    expect(await peakBytes('recomputed', 32)).toBeLessThan(1.5 * (await peakBytes('recomputed', 4)));
    expect(await peakBytes('tape', 8)).toBeGreaterThan(1.5 * (await peakBytes('tape', 4)));
  });
});
