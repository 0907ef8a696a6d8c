/** Cross-entropy against float64, for flat and for extreme logits, with tokens left out. */
import { ShapeError } from '@famjs/backends';
import { describeEachBackend, runs, type Values64 } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectOp, randomValues, sample } from '../test/expect-op.ts';
import { blockTypes } from './block-types.ts';
import {
  headCrossEntropy,
  headCrossEntropyOp,
  isQuantised,
  quantised,
  tokenCrossEntropy,
  tokenCrossEntropyOp,
} from './index.ts';

function exactCrossEntropy(labels: number[], weights: ArrayLike<number>) {
  return ({ logits }: Values64): Float64Array => {
    const vocabulary = logits!.length / labels.length;
    return Float64Array.from(labels, (label, row) => {
      const own = logits!.subarray(row * vocabulary, (row + 1) * vocabulary);
      const highest = Math.max(...own);
      const sum = own.reduce((total, logit) => total + Math.exp(logit - highest), 0);
      return weights[row]! * (highest + Math.log(sum) - own[label]!);
    });
  };
}

describeEachBackend('tokenCrossEntropy', () => {
  test('is the weighted negative log-likelihood, and so are its gradients', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 19 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 6 }),
        fc.nat(),
        fc.constantFrom(1e-3, 1, 20, 80),
        async (vocabulary, draws, seed, scale) => {
          const labels = draws.map((draw) => draw % vocabulary);
          const weights = randomValues(labels.length, seed + 1).map((weight) => Math.max(0, weight));
          await expectOp({
            op: tokenCrossEntropyOp,
            inputs: { logits: sample([labels.length, vocabulary], seed, scale) },
            constants: { labels: tf.tensor1d(labels, 'int32'), weights: tf.tensor1d(weights) },
            exact: exactCrossEntropy(labels, weights),
            // A small loss is the difference of two logits, which float32 rounds by 6e-8 of their size, up to 4 · scale.
            forward: { relative: 1e-5, absolute: 1e-6 + 5e-7 * scale },
          });
        },
      ),
      { numRuns: runs(40) },
    );
  });

  test('stays finite and exact when the logits are far apart', async () => {
    const values = Float32Array.of(1e4, -1e4, 0, 1e4, -1e4, -1e4, 9999, 1e4, -1e4);
    await expectOp({
      op: tokenCrossEntropyOp,
      inputs: { logits: { shape: [3, 3], values } },
      constants: { labels: tf.tensor1d([1, 0, 1], 'int32'), weights: tf.ones([3]) },
      exact: exactCrossEntropy([1, 0, 1], [1, 1, 1]),
      // The log-sum-exp is a float32 near 10,000, whose steps are 0.001.
      backward: { relative: 1e-3, absolute: 0 },
    });
  });

  test('no tokens cost nothing', () => {
    const none = tf.tensor1d([], 'int32');
    expect(tokenCrossEntropy(tf.zeros([0, 3]), none, tf.zeros([0])).shape).toEqual([0]);
  });

  test.each([
    ['logits that are not a matrix', [2, 3, 1], tf.zeros([2], 'int32'), tf.ones([2])],
    ['labels for other rows', [2, 3], tf.zeros([3], 'int32'), tf.ones([2])],
    ['labels that are not integers', [2, 3], tf.zeros([2]), tf.ones([2])],
    ['weights for other rows', [2, 3], tf.zeros([2], 'int32'), tf.ones([1])],
    ['weights that are not float32', [2, 3], tf.zeros([2], 'int32'), tf.ones([2], 'bool')],
  ])('%s are refused', (_, shape, labels, weights) => {
    expect(() => tokenCrossEntropy(tf.zeros(shape), labels, weights)).toThrow(ShapeError);
  });
});

describeEachBackend('headCrossEntropy', (backend) => {
  test('in chunks is what whole logits give, with an adapter too, and so are its gradients', async () => {
    const [count, width, vocabulary, rank] = [5, 6, 17, 2];
    const labels = [0, 16, 7, 6, 13];
    const weights = [1, 0.5, 0, 2, 1];
    const exact = ({ x0, weight0, x1, weight1 }: Values64) => {
      const logits = Float64Array.from({ length: count * vocabulary }, (_, i) => {
        const [row, column] = [Math.floor(i / vocabulary), i % vocabulary];
        let sum = 0;
        for (let k = 0; k < width; k++) sum += x0![row * width + k]! * weight0![column * width + k]!;
        for (let k = 0; k < rank; k++) sum += x1![row * rank + k]! * weight1![column * rank + k]!;
        return sum;
      });
      return exactCrossEntropy(labels, weights)({ logits });
    };
    for (const columns of [7, 17]) {
      await expectOp({
        op: headCrossEntropyOp,
        inputs: {
          x0: sample([count, width], 1, 2),
          weight0: sample([vocabulary, width], 2),
          x1: sample([count, rank], 3),
          weight1: sample([vocabulary, rank], 4),
        },
        constants: { labels: tf.tensor1d(labels, 'int32'), weights: tf.tensor1d(weights) },
        attributes: { summands: 2, vocabulary, columns },
        exact,
      });
    }
  });

  test.runIf(backend !== 'tensorflow')('of a quantised head is that of its numbers', async () => {
    const [count, width, vocabulary] = [5, 32, 17];
    const labels = [0, 16, 7, 6, 13];
    const { data, numbers } = eightBits(randomValues(vocabulary * width, 2));
    const bytes = data.length / vocabulary;
    const pieces = [data.slice(0, 9 * bytes), data.slice(9 * bytes)].flatMap((part) => {
      const head = quantised('Q8_0', [part.length / bytes, width], part);
      return isQuantised(head) ? head.pieces : [];
    });
    const exact = ({ x0 }: Values64) => {
      const logits = Float64Array.from({ length: count * vocabulary }, (_, i) => {
        const [row, column] = [Math.floor(i / vocabulary), i % vocabulary];
        let sum = 0;
        for (let k = 0; k < width; k++) sum += x0![row * width + k]! * numbers[column * width + k]!;
        return sum;
      });
      return exactCrossEntropy(labels, [1, 0.5, 0, 2, 1])({ logits });
    };
    await expectOp({
      op: headCrossEntropyOp,
      inputs: { x0: sample([count, width], 1) },
      constants: {
        labels: tf.tensor1d(labels, 'int32'),
        weights: tf.tensor1d([1, 0.5, 0, 2, 1]),
        pieces0: pieces[0]!,
        pieces1: pieces[1]!,
      },
      attributes: { summands: 1, vocabulary, columns: 7, blocks: { type: 'Q8_0', width } },
      exact,
    });
    tf.dispose(pieces);
  });

  test.runIf(backend === 'wasm')('never holds whole logits of a large vocabulary', async () => {
    const [count, vocabulary] = [64, 100_000];
    const labels = tf.tensor1d(
      Array.from({ length: count }, (_, i) => i * 1500),
      'int32',
    );
    const weights = tf.ones([count]);
    const beyond = async (call: () => tf.TensorContainer) => {
      const before = tf.memory().numBytes;
      const { peakBytes } = await tf.profile(call);
      return peakBytes - before;
    };
    const x = tf.randomNormal([count, 4], 0, 1, 'float32', 3);
    const weight = tf.randomNormal([vocabulary, 4], 0, 1, 'float32', 4);
    const loss = (x: tf.Tensor, weight: tf.Tensor) =>
      tf.sum(headCrossEntropy(x, { weight }, labels, weights)) as tf.Scalar;
    expect(await beyond(() => tf.grads(loss)([x, weight]))).toBeLessThan(1.25 * count * vocabulary * 4);
    expect(() => headCrossEntropy(x, { weight }, labels, tf.ones([3]))).toThrow(ShapeError);

    // Whole logits and their gradient would be twice as many.
    const blocks = new Uint8Array(vocabulary * 34).map((_, i) => (i % 34 === 1 ? 0x2c : i * 37));
    const frozen = quantised('Q8_0', [vocabulary, 32], blocks);
    const wide = tf.randomNormal([count, 32], 0, 1, 'float32', 6);
    const ofFrozen = (x: tf.Tensor) =>
      tf.sum(headCrossEntropy(x, { weight: frozen }, labels, weights)) as tf.Scalar;
    expect(await beyond(() => tf.grad(ofFrozen)(wide))).toBeLessThan(1.5 * count * vocabulary * 4);
    tf.disposeVariables();
    tf.dispose([x, wide, weight, labels, weights, frozen]);
  });
});

/** Numbers in blocks of 8 bits, and what these say. */
function eightBits(values: Float32Array): { data: Uint8Array; numbers: Float32Array } {
  const data = new Uint8Array((values.length / 32) * 34);
  const numbers = new Float32Array(values.length);
  blockTypes.Q8_0.encode!(values, data);
  blockTypes.Q8_0.decode(data, numbers);
  return { data, numbers };
}
