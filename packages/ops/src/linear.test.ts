/** Linear maps against a float64 product, in sizes on both sides of every block and tile edge. */
import { ShapeError } from '@famjs/backends';
import { describeEachBackend, expectClose, runs, type Values64 } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectOp, randomValues, sample } from '../test/expect-op.ts';
import { linear, linearOp, plus, withFrozen } from './index.ts';

/** x [rows, inner] · weight [out, inner]ᵀ. */
function product(x: ArrayLike<number>, weight: ArrayLike<number>, inner: number): Float64Array {
  const [rows, out] = [x.length / inner, weight.length / inner];
  return Float64Array.from({ length: rows * out }, (_, i) => {
    const [row, column] = [Math.floor(i / out), i % out];
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += x[row * inner + k]! * weight[column * inner + k]!;
    return sum;
  });
}

function transpose(values: ArrayLike<number>, rows: number, columns: number): Float64Array {
  return Float64Array.from(
    { length: rows * columns },
    (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!,
  );
}

function expectLinear(
  rows: number,
  out: number,
  inner: number,
  seed: number,
  scale = 1,
  axes = seed % 2 === 0 ? [rows] : [1, rows],
): Promise<void> {
  return expectOp({
    op: linearOp,
    inputs: { x: sample([...axes, inner], seed, scale), weight: sample([out, inner], seed + 1) },
    exact: ({ x, weight }) => product(x!, weight!, inner),
    exactGradients: ({ x, weight }, upstream) => ({
      x: product(upstream, transpose(weight!, out, inner), out),
      weight: product(transpose(upstream, rows, out), transpose(x!, rows, inner), rows),
    }),
  });
}

describeEachBackend('linear', () => {
  test('is the product with the transposed weight, and so are its gradients', async () => {
    const size = fc.integer({ min: 1, max: 37 });
    await fc.assert(
      fc.asyncProperty(size, size, size, fc.nat(), fc.constantFrom(1, 1e4), (...drawn) =>
        expectLinear(...drawn),
      ),
      {
        numRuns: runs(40),
      },
    );
  });

  test.each([
    [1, 530, 259],
    [2, 5, 300],
    [3, 513, 5],
    [61, 9, 515],
    [260, 50, 6],
    [513, 3, 17],
  ])('holds over the edges of the blocks: %i rows to %i from %i', (rows, out, inner) =>
    expectLinear(rows, out, inner, 3),
  );

  test.each([[[3, 5]], [[2, 24]], [[2, 1, 24]]])('takes rows along several axes: %j', (axes) =>
    expectLinear(tf.util.sizeFromShape(axes), 8, 8, 3, 1, axes),
  );

  test('a frozen weight gets no gradient, and the activations get theirs', async () => {
    const [rows, out, inner] = [5, 7, 6];
    const weight = randomValues(out * inner, 2);
    await expectOp({
      op: linearOp,
      inputs: { x: sample([rows, inner], 1) },
      constants: { weight: tf.tensor2d(weight, [out, inner]) },
      exact: ({ x }) => product(x!, weight, inner),
    });
  });

  test('frozen weights get no gradient, and nothing of the activations is kept for one', () => {
    const [x, weight] = [tf.ones([64, 64]), tf.eye(64)];
    const before = tf.memory().numDataBuffers;
    let grown = 0;
    const layers = (x: tf.Tensor, weight: tf.Tensor): tf.Tensor => {
      let y = x;
      for (let i = 0; i < 8; i++) {
        const below = y;
        y = tf.tidy(() => plus(linear(below, { weight }), linear(below, { weight })));
        if (i > 0) below.dispose();
      }
      grown = tf.memory().numDataBuffers - before;
      return y;
    };
    tf.tidy(() => withFrozen([weight], () => tf.grad((x: tf.Tensor) => layers(x, weight))(x)));
    expect(grown).toBeLessThan(3);
    const both = () => withFrozen([weight], () => tf.grads(layers)([x, weight]));
    expect(() => tf.tidy(both)).toThrow(/Cannot compute gradient/);
  });

  test('adapters add their products and are trained, while the weight is not', async () => {
    const [rows, out, inner, scales] = [6, 9, 5, [0.5, -2]];
    const shapes = { down: [3, inner], up: [out, 3], otherDown: [1, inner], otherUp: [out, 1] };
    const named = Object.entries(shapes).map(([name, shape], i) => [name, sample(shape, i + 3)]);
    const weight = sample([out, inner], 2);
    const exact = ({ x, down, up, otherDown, otherUp }: Values64) => {
      const updates = [
        product(product(x!, down!, inner), up!, 3),
        product(product(x!, otherDown!, inner), otherUp!, 1),
      ];
      return product(x!, weight.values, inner).map(
        (value, i) => value + scales[0]! * updates[0]![i]! + scales[1]! * updates[1]![i]!,
      );
    };
    await expectOp({
      op: Object.assign(adapted, { reference: adapted, kernelName: 'linear with adapters' }),
      inputs: { x: sample([rows, inner], 1), ...Object.fromEntries(named) },
      constants: { weight: tf.tensor2d(weight.values, [out, inner]) },
      exact,
    });

    function adapted(given: Record<string, tf.Tensor>, constants: { weight: tf.Tensor }) {
      const { x, down, up, otherDown, otherUp } = given;
      const adapters = [
        { down: down!, up: up!, scale: scales[0]! },
        { down: otherDown!, up: otherUp!, scale: scales[1]! },
      ];
      return tf.tidy(() => linear(x!, { weight: constants.weight, adapters }));
    }
  });

  test('a bias is added, and is trained', async () => {
    const [rows, out, inner] = [4, 6, 5];
    await expectOp({
      op: Object.assign(biased, { reference: biased, kernelName: 'linear with a bias' }),
      inputs: { x: sample([rows, inner], 1), weight: sample([out, inner], 2), bias: sample([out], 3) },
      exact: ({ x, weight, bias }) => product(x!, weight!, inner).map((value, i) => value + bias![i % out]!),
    });

    function biased({ x, ...projection }: Record<'x' | 'weight' | 'bias', tf.Tensor>) {
      return tf.tidy(() => linear(x, projection));
    }
  });

  test('keeps the leading axes', async () => {
    const x = tf.tensor(randomValues(2 * 3 * 4, 1), [2, 3, 4]);
    const weight = tf.tensor2d(randomValues(5 * 4, 2), [5, 4]);
    const y = linear(x, { weight });
    expect(y.shape).toEqual([2, 3, 5]);
    await expectClose(y, product(await x.data(), await weight.data(), 4), { relative: 1e-5, absolute: 1e-6 });
    const deeper = linear(tf.reshape(x, [1, 2, 3, 4]), { weight });
    expect(deeper.shape).toEqual([1, 2, 3, 5]);
    await expectClose(deeper, await y.data(), { relative: 1e-5, absolute: 1e-6 });
  });

  test('no rows give no rows, and gradients of zero', async () => {
    const [x, weight] = [tf.zeros([0, 4]), tf.ones([5, 4])];
    const [dx, dWeight] = tf.grads((x: tf.Tensor, w: tf.Tensor) => linear(x, { weight: w }))(
      [x, weight],
      tf.zeros([0, 5]),
    );
    expect(dx!.shape).toEqual([0, 4]);
    await expectClose(dWeight!, new Float32Array(20), { relative: 0, absolute: 1e-30 });
  });

  test('widths that differ are refused', () => {
    expect(() => linear(tf.zeros([2, 3]), { weight: tf.zeros([5, 4]) })).toThrow(ShapeError);
    const bias = tf.zeros([4]);
    expect(() => linear(tf.zeros([2, 4]), { weight: tf.zeros([5, 4]), bias })).toThrow(ShapeError);
    const adapters = [{ down: tf.zeros([2, 4]), up: tf.zeros([4, 2]), scale: 1 }];
    expect(() => linear(tf.zeros([2, 4]), { weight: tf.zeros([5, 4]), adapters })).toThrow(
      '[rank, 4] and [5, rank]',
    );
  });
});
