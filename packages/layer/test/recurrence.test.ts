/** What training and analysis may do to FAM between blocks. */
import { compare, describeEachBackend } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Recurrence, Schedule } from '../src/index.ts';
import { expectAllClose, forwardTolerance, holds } from './property.ts';
import { recurrences } from './recurrences.ts';
import {
  type Calls,
  calls,
  hasFam,
  lengthOf,
  readCalls,
  type Stack,
  schedule,
  stacks,
  startOf,
  textOf,
  valuesOf,
  weightsOf,
} from './stacks.ts';

/** Gradient of the last activation with respect to the text, [rows, tokens, d]. */
function gradientOfLast(stack: Stack, tokens: number, schedule: Schedule, recurrence: Recurrence): tf.Tensor {
  const weights = weightsOf(stack);
  const start = startOf(stack, weights);
  return tf.grad((x) => {
    const read = readCalls(stack, weights, x, start, [{ tokens, schedule }], { recurrence });
    return tf.sum(tf.slice(read.x, [0, tokens - 1]));
  })(textOf(stack, tokens));
}

describeEachBackend('Between blocks', () => {
  test('FAM is replaced alike at every split of the text into calls', () =>
    holds(fc.tuple(stacks().filter(hasFam), calls(14)), async ([stack, cut]) => {
      const tokens = stack.config.blockSize + lengthOf(cut);
      const read = (cut: Calls, recurrence: Recurrence) => {
        const weights = weightsOf(stack);
        const [x, start] = [textOf(stack, tokens), startOf(stack, weights)];
        return readCalls(stack, weights, x, start, cut, { recurrence }).x;
      };
      const first = { tokens: stack.config.blockSize, schedule: 'step' as const };
      const { inCalls, atOnce, plain } = await valuesOf(() => ({
        inCalls: read([first, ...cut], recurrences.noisy),
        atOnce: read([{ tokens, schedule: 'block' }], recurrences.noisy),
        plain: read([{ tokens, schedule: 'block' }], recurrences.plain),
      }));
      await expectAllClose({ x: inCalls! }, { x: atOnce! }, forwardTolerance);
      expect(compare(atOnce!, plain!, forwardTolerance).share).toBeGreaterThan(1);
    }));

  test('a stopped FAM hands no gradient back to earlier blocks', () =>
    holds(fc.tuple(stacks({ memorySegments: 0 }).filter(hasFam), schedule), async ([stack, schedule]) => {
      const { blockSize, width } = stack.config;
      const { stopped, plain } = await valuesOf(() => {
        const ofFirst = (recurrence: Recurrence) =>
          tf.slice(gradientOfLast(stack, 2 * blockSize + 1, schedule, recurrence), [0, 0], [1, 1]);
        return { stopped: ofFirst(recurrences.stopped), plain: ofFirst(recurrences.plain) };
      });
      expect(stopped).toEqual(new Float32Array(width));
      expect(plain).not.toEqual(stopped);
    }));

  test('an observer sees each FAM as its block used it and as it left the update', () =>
    holds(fc.tuple(stacks().filter(hasFam), schedule), async ([random, schedule]) => {
      const stack = { ...random, depth: 1 };
      const tokens = 4 * stack.config.blockSize - 1;
      const seen = await valuesOf(() => {
        const weights = weightsOf(stack);
        const start = startOf(stack, weights);
        const pairs: [string, tf.Tensor][] = [['left -1', start.layers[0]!.fam!.activations]];
        const observe = (before: tf.Tensor, after: tf.Tensor) => {
          const t = (pairs.length - 1) / 2;
          pairs.push([`used ${t}`, tf.clone(before)], [`left ${t}`, tf.clone(after)]);
        };
        const recurrence = { observe };
        const cut = [{ tokens, schedule }];
        const { state } = readCalls(stack, weights, textOf(stack, tokens), start, cut, { recurrence });
        return { ...Object.fromEntries(pairs), final: state.layers[0]!.fam!.activations };
      });
      expect(Object.keys(seen)).toHaveLength(8);
      for (const t of [0, 1, 2]) expect(seen[`used ${t}`]).toEqual(seen[`left ${t - 1}`]);
      expect(seen.final).toEqual(seen['left 2']);
    }));
});
