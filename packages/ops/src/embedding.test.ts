/** Embedding lookup, and the gradient that adds up equal tokens. */
import { describeEachBackend, runs } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectOp, sample } from '../test/expect-op.ts';
import { embedding, embeddingOp } from './index.ts';

describeEachBackend('embedding', () => {
  test('looks up rows, and its gradient adds up those of equal ids', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 11 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 20 }),
        fc.nat(),
        async (vocabulary, width, draws, seed) => {
          const ids = draws.map((draw) => draw % vocabulary);
          await expectOp({
            op: embeddingOp,
            inputs: { table: sample([vocabulary, width], seed, 100) },
            constants: { ids: tf.tensor1d(ids, 'int32') },
            exact: ({ table }) =>
              Float64Array.from(ids.flatMap((id) => [...table!.subarray(id * width, (id + 1) * width)])),
          });
        },
      ),
      { numRuns: runs(40) },
    );
  });

  test('keeps the axes of the ids', async () => {
    const rows = embedding(
      tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]),
      tf.tensor2d([2, 0, 1, 1], [2, 2], 'int32'),
    );
    expect(await rows.array()).toEqual([
      [
        [5, 6],
        [1, 2],
      ],
      [
        [3, 4],
        [3, 4],
      ],
    ]);
  });

  test('no ids look up no rows, and no row gets a gradient', async () => {
    const ids = tf.tensor1d([], 'int32');
    const gradient = tf.grad((table: tf.Tensor) => embedding(table, ids))(tf.ones([2, 3]), tf.zeros([0, 3]));
    expect([...(await gradient.data())]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
