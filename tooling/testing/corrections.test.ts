/** Ops of the engine that go wrong on one backend or another, and that `@famjs/backends` puts right. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';
import { describeEachBackend } from './backends.ts';
import { expectClose } from './close.ts';

const count = 100;
const numbers = () => Array.from({ length: count }, (_, i) => tf.mul(tf.ones([20, 60]), i));

// More than a GPU binds at once, as training has them: TF.js alone makes zeros of them on webgpu.
describeEachBackend('many tensors', () => {
  test('add up, and nothing is left behind', async () => {
    const before = { ...tf.memory(), held: tf.engine().backend.numDataIds() };
    const sum = tf.tidy(() => tf.addN(numbers()));
    expect(new Set(await sum.data())).toEqual(new Set([(count * (count - 1)) / 2]));
    sum.dispose();
    const after = { ...tf.memory(), held: tf.engine().backend.numDataIds() };
    expect([after.numTensors, after.held]).toEqual([before.numTensors, before.held]);
  });

  test('stand side by side', async () => {
    const stacked = tf.tidy(() => tf.stack(numbers()));
    const values = await stacked.data();
    expect(Array.from({ length: count }, (_, i) => values[i * 1200])).toEqual(
      Array.from({ length: count }, (_, i) => i),
    );
    stacked.dispose();
  });
});

describeEachBackend('a batch by one matrix', () => {
  test.each([
    [
      [2, 1, 24, 8],
      [1, 8, 8],
    ],
    [
      [3, 1, 16, 5],
      [5, 17],
    ],
    [
      [2, 3, 17, 4],
      [1, 1, 4, 9],
    ],
  ])('%j by %j is as many products', async (batch, matrix) => {
    const [together, apart] = tf.tidy(() => {
      const [a, b] = [
        tf.randomNormal(batch, 0, 1, 'float32', 1),
        tf.randomNormal(matrix, 0, 1, 'float32', 2),
      ];
      const rows = tf.reshape(a, [-1, batch.at(-1)!]);
      const one = tf.reshape(b, matrix.slice(-2));
      const together = tf.matMul(a, b);
      return [together, tf.reshape(tf.matMul(rows, one), together.shape)];
    });
    await expectClose(together, apart, { relative: 1e-5, absolute: 1e-6 });
    tf.dispose([together, apart]);
  });
});

describeEachBackend('a product over many tokens', (backend) => {
  const flag = 'WEBGPU_MATMUL_PROGRAM_TYPE';
  const chosen = backend === 'webgpu' ? tf.env().getNumber(flag) : undefined;
  afterEach(() => {
    if (chosen !== undefined) tf.env().set(flag, chosen);
  });

  // As the gradient of a weight has them. What TF.js chooses by itself is what runs outside of the suites.
  test.each([
    ['[tokens, 64]ᵀ · [tokens, 64]', [4096, 64], [4096, 64], true, false],
    ['[16, inner] · [64, inner]ᵀ', [16, 4096], [64, 4096], false, true],
    ['[40, inner] · [inner, 40]', [1, 40, 4096], [4096, 40], false, false],
  ] as const)('has the same bits every time: %s', async (_, a, b, transposeA, transposeB) => {
    if (backend === 'webgpu') tf.env().set(flag, -1);
    const [x, y] = [tf.randomNormal([...a], 0, 1, 'float32', 1), tf.randomNormal([...b], 0, 1, 'float32', 2)];
    const product = () => tf.matMul(x, y, transposeA, transposeB);
    const products = [product(), product(), product()];
    const [first, ...others] = await Promise.all(products.map((each) => each.data()));
    for (const other of others) expect(other).toEqual(first);
    tf.dispose([x, y, ...products]);
  });
});
