/** LayerNorm against float64, with and without a bias. */
import { ShapeError } from '@famjs/backends';
import { describeEachBackend, runs, type Values64 } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectOp, sample } from '../test/expect-op.ts';
import { layerNorm, layerNormOp } from './index.ts';

function exactLayerNorm(width: number, epsilon: number) {
  return ({ x, gain, bias }: Values64): Float64Array => {
    const y = new Float64Array(x!.length);
    for (let start = 0; start < y.length; start += width) {
      const row = x!.subarray(start, start + width);
      const mean = row.reduce((sum, value) => sum + value, 0) / width;
      const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
      row.forEach((value, j) => {
        y[start + j] = ((value - mean) / Math.sqrt(variance + epsilon)) * gain![j]! + (bias?.[j] ?? 0);
      });
    }
    return y;
  };
}

describeEachBackend('layerNorm', () => {
  test('centres and divides by the standard deviation, and so do its gradients', async () => {
    const shape = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 0, maxLength: 2 });
    const width = fc.integer({ min: 2, max: 23 });
    await fc.assert(
      fc.asyncProperty(shape, width, fc.boolean(), fc.nat(), async (outer, width, hasBias, seed) => {
        const inputs = { x: sample([...outer, width], seed, 3), gain: sample([width], seed + 1, 2) };
        await expectOp({
          op: layerNormOp,
          inputs: hasBias ? { ...inputs, bias: sample([width], seed + 2) } : inputs,
          attributes: { epsilon: 1e-2 },
          exact: exactLayerNorm(width, 1e-2),
        });
      }),
      { numRuns: runs(30) },
    );
  });

  test('a gain or a bias of another width is refused', () => {
    expect(() => layerNorm(tf.zeros([2, 3]), tf.zeros([4]), undefined, 1e-6)).toThrow(ShapeError);
    expect(() => layerNorm(tf.zeros([2, 3]), tf.zeros([3]), tf.zeros([2]), 1e-6)).toThrow(ShapeError);
  });
});
