/** RMSNorm against float64, with and without a gain, for widths of any remainder and rows of any magnitude. */
import { ShapeError } from '@famjs/backends';
import { describeEachBackend, runs, type Values64 } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectOp, sample } from '../test/expect-op.ts';
import { rmsNorm, rmsNormOp } from './index.ts';

function exactRmsNorm(width: number, epsilon: number) {
  return ({ x, gain }: Values64): Float64Array => {
    const rows = Array.from({ length: x!.length / width }, (_, row) =>
      x!.subarray(row * width, (row + 1) * width),
    );
    const rms = rows.map((row) =>
      Math.sqrt(row.reduce((sum, value) => sum + value ** 2, 0) / width + epsilon),
    );
    return x!.map((value, i) => (value / rms[Math.floor(i / width)]!) * (gain?.[i % width] ?? 1));
  };
}

describeEachBackend('rmsNorm', () => {
  test('divides by the root mean square, and so do its gradients', async () => {
    const shape = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 0, maxLength: 2 });
    const width = fc.integer({ min: 1, max: 23 });
    await fc.assert(
      fc.asyncProperty(
        shape,
        width,
        fc.boolean(),
        fc.nat(),
        fc.constantFrom(1e-3, 1, 1e4),
        async (outer, width, hasGain, seed, scale) => {
          const x = sample([...outer, width], seed, scale);
          await expectOp({
            op: rmsNormOp,
            inputs: hasGain ? { x, gain: sample([width], seed + 1, 2) } : { x },
            attributes: { epsilon: 1e-5 },
            exact: exactRmsNorm(width, 1e-5),
          });
        },
      ),
      { numRuns: runs(40) },
    );
  });

  test('a row of zeros stays zero and passes finite gradients', async () => {
    await expectOp({
      op: rmsNormOp,
      inputs: { x: { shape: [2, 6], values: new Float32Array(12) }, gain: sample([6], 1) },
      attributes: { epsilon: 1e-6 },
      exact: exactRmsNorm(6, 1e-6),
      exactGradients: ({ gain }, upstream) => ({
        x: upstream.map((dy, i) => (dy * gain![i % 6]!) / Math.sqrt(1e-6)),
        gain: new Float32Array(6),
      }),
    });
  });

  test('no rows give no rows, and no gradient of the gain', async () => {
    const f = (x: tf.Tensor, gain: tf.Tensor) => rmsNorm(x, gain, 1e-6);
    const [dx, dGain] = tf.grads(f)([tf.zeros([0, 5]), tf.ones([5])], tf.zeros([0, 5]));
    expect(dx!.shape).toEqual([0, 5]);
    expect([...(await dGain!.data())]).toEqual([0, 0, 0, 0, 0]);
  });

  test('a gain of another width is refused', () => {
    expect(() => rmsNorm(tf.zeros([2, 3]), tf.zeros([4]), 1e-6)).toThrow(ShapeError);
  });
});
