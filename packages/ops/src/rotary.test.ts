/** Rotary position embedding against complex numbers in float64. */
import { ShapeError } from '@famjs/backends';
import { describeEachBackend, expectClose, runs, type Values64 } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectOp, randomValues, sample } from '../test/expect-op.ts';
import { rotary, rotaryFrequencies, rotaryOp, rotaryTable } from './index.ts';

/** Each pair (j, j + half) as a complex number, times exp(i · position · theta^(−j / half)). */
function exactRotary(positions: number[], heads: number, half: number, theta: number, inverse: boolean) {
  return ({ x }: Values64): Float64Array =>
    x!.map((_, i) => {
      const head = Math.floor(i / (2 * half));
      const position = positions[Math.floor(head / heads) % positions.length]!;
      const j = i % half;
      const angle = (inverse ? -1 : 1) * position * theta ** (-j / half);
      const [real, imaginary] = [x![head * 2 * half + j]!, x![head * 2 * half + half + j]!];
      return i % (2 * half) < half
        ? real * Math.cos(angle) - imaginary * Math.sin(angle)
        : real * Math.sin(angle) + imaginary * Math.cos(angle);
    });
}

describeEachBackend('rotary', () => {
  test('turns every pair by the angle of its position or back, and so do its gradients', async () => {
    const few = fc.integer({ min: 1, max: 3 });
    const position = fc.integer({ min: -5000, max: 500_000 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(few, { maxLength: 2 }),
        fc.array(position, { minLength: 1, maxLength: 4 }),
        few,
        fc.integer({ min: 1, max: 7 }),
        fc.boolean(),
        fc.nat(),
        async (outer, positions, heads, half, inverse, seed) => {
          const table = rotaryTable(positions, rotaryFrequencies(2 * half, 10_000));
          await expectOp({
            op: rotaryOp,
            inputs: { x: sample([...outer, positions.length, heads, 2 * half], seed, 10) },
            constants: { cos: table.cos, sin: table.sin },
            attributes: { inverse },
            exact: exactRotary(positions, heads, half, 10_000, inverse),
          });
        },
      ),
      { numRuns: runs(30) },
    );
  });

  test('turning back undoes turning', async () => {
    const x = tf.tensor(randomValues(2 * 3 * 10, 1), [2, 3, 10]);
    const table = rotaryTable([7, 123_456], rotaryFrequencies(10, 500_000));
    await expectClose(rotary(rotary(x, table), table, true), x, { relative: 1e-6, absolute: 0 });
  });

  test('scores depend on the distance between two positions only', async () => {
    const [q, k] = [tf.tensor(randomValues(8, 1), [1, 1, 8]), tf.tensor(randomValues(8, 2), [1, 1, 8])];
    const frequencies = rotaryFrequencies(8, 100);
    const score = (p: number, s: number) =>
      tf.sum(tf.mul(rotary(q, rotaryTable([p], frequencies)), rotary(k, rotaryTable([s], frequencies))));
    await expectClose(score(1000, 990), await score(17, 7).data(), { relative: 1e-5, absolute: 1e-6 });
  });

  test('odd head widths and tables for other positions are refused', () => {
    expect(() => rotaryFrequencies(7, 10_000)).toThrow(ShapeError);
    expect(() => rotary(tf.zeros([3, 1, 8]), rotaryTable([0, 1], rotaryFrequencies(8, 10_000)))).toThrow(
      ShapeError,
    );
    expect(() => rotary(tf.zeros([2, 1, 6]), rotaryTable([0, 1], rotaryFrequencies(8, 10_000)))).toThrow(
      ShapeError,
    );
  });
});
