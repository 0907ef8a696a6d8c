/** Gated linear units against float64, from the flat ends of the activations to their bend. */
import { ShapeError } from '@famjs/backends';
import { describeEachBackend, runs, type Values64 } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectOp, sample } from '../test/expect-op.ts';
import { gatedOp, swiGLU } from './index.ts';

/** erf by its Taylor series, or by the continued fraction of erfc where that is slow. */
function erf(x: number): number {
  if (x < 0) return -erf(-x);
  if (x > 3) {
    let fraction = x;
    for (let n = 60; n > 0; n--) fraction = x + n / 2 / fraction;
    return 1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
  }
  let [term, sum] = [x, x];
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const activations = {
  silu: (gate: number) => gate / (1 + Math.exp(-gate)),
  gelu: (gate: number) => (gate / 2) * (1 + erf(gate / Math.SQRT2)),
  'gelu-tanh': (gate: number) =>
    (gate / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (gate + 0.044715 * gate ** 3))),
};

const exactGated =
  (activation: keyof typeof activations) =>
  ({ gate, up }: Values64): Float64Array =>
    gate!.map((value, i) => activations[activation](value) * up![i]!);

describeEachBackend('gated linear units', () => {
  test.each(['silu', 'gelu', 'gelu-tanh'] as const)(
    '%s: gate times up, and so are the gradients',
    async (activation) => {
      const shape = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 });
      const width = fc.integer({ min: 1, max: 11 });
      await fc.assert(
        fc.asyncProperty(
          shape,
          width,
          fc.nat(),
          fc.constantFrom(1e-3, 1, 6, 100, 1e4),
          async (outer, width, seed, scale) => {
            await expectOp({
              op: gatedOp,
              inputs: {
                gate: sample([...outer, width], seed, scale),
                up: sample([...outer, width], seed + 1, scale),
              },
              attributes: { activation },
              exact: exactGated(activation),
            });
          },
        ),
        { numRuns: runs(40) },
      );
    },
  );

  test('no rows give no rows', () => {
    expect(swiGLU(tf.zeros([0, 3]), tf.zeros([0, 3])).shape).toEqual([0, 3]);
  });

  test('other shapes are refused', () => {
    expect(() => swiGLU(tf.zeros([2, 5]), tf.zeros([2, 1]))).toThrow(ShapeError);
  });
});
