/** Embedding lookup, and the gradient that adds up equal tokens. */
import { describeEachBackend, expectClose, runs } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectOp, sample } from '../test/expect-op.ts';
import { embedding, embeddingOp } from './index.ts';

describeEachBackend('embedding', (backend) => {
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

  test('adds up equal ids however far apart they stand, in the same order every time', async () => {
    const [count, vocabulary, width] = [1500, 40, 5];
    const ids = Array.from({ length: count }, (_, token) => (token * token + (token >> 5)) % vocabulary);
    const dy = sample([count, width], 3).values;
    const sums = new Float64Array(vocabulary * width);
    ids.forEach((id, token) => {
      for (let i = 0; i < width; i++) sums[id * width + i]! += dy[token * width + i]!;
    });
    const gradient = () =>
      tf.tidy(() => {
        const lookUp = (table: tf.Tensor) => embedding(table, tf.tensor1d(ids, 'int32'));
        return tf.grad(lookUp)(tf.ones([vocabulary, width]), tf.tensor(dy, [count, width]));
      });
    const [once, again] = [gradient(), gradient()];
    await expectClose(once, sums, { relative: 1e-5, absolute: 1e-6 });
    expect(await again.data()).toEqual(await once.data());
    tf.dispose([once, again]);
  });

  test.runIf(backend.startsWith('webg'))('takes four times as long for four times the tokens', async () => {
    const width = 4;
    const time = async (count: number) => {
      const ids = tf.range(0, count, 1, 'int32');
      const [table, dy] = [tf.ones([count, width]), tf.ones([count, width])];
      const since = performance.now();
      const gradient = tf.grad((x: tf.Tensor) => embedding(x, ids))(table, dy);
      const one = tf.slice(gradient, [0, 0], [1, 1]);
      await one.data();
      const took = performance.now() - since;
      tf.dispose([ids, table, dy, gradient, one]);
      return took;
    };
    // In turns, the quickest of each: what else the machine does makes none of them quicker.
    const times: number[][] = [];
    for (let turn = 0; turn < 6; turn++) times.push([await time(4096), await time(16_384)]);
    const [few, many] = [0, 1].map((of) => Math.min(...times.map((turn) => turn[of]!)));
    expect(many).toBeLessThan(8 * few! + 20);
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
