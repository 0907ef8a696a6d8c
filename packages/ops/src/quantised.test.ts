/** Quantised matrices: products, gradients and rows against the numbers that their blocks say, in float64, on every backend. */
import { ShapeError } from '@famjs/backends';
import { describeEachModuleOnce, expectClose, runs } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectOp, randomValues, sample } from '../test/expect-op.ts';
import { type BlockDtype, blockTypes, brokenBlock } from './block-types.ts';
import { halves, toHalf } from './halves.ts';
import { embedding, isQuantised, linear, type Quantised, quantised, type Weight, widened } from './index.ts';
import { withRows } from './quantised.ts';

const types = Object.keys(blockTypes) as BlockDtype[];

/** Blocks of random bits, with scales of the size that real ones have. */
function randomBlocks(type: BlockDtype, count: number, seed: number): Uint8Array {
  const { bytes, numbers, scales } = blockTypes[type];
  const data = Uint8Array.from(randomValues((count / numbers) * bytes, seed), (value) => 128 + 127 * value);
  const sizes = randomValues(data.length, seed + 1);
  for (let at = 0; at < data.length; at += bytes) {
    for (const scale of scales) {
      // Some are so small that halves hold them with fewer bits.
      const value = sizes[at + scale]! * (at % 3 === 0 ? 4e-5 : 0.03);
      const bits = type === 'BF16' ? bfloat(value) : toHalf(value);
      data[at + scale] = bits;
      data[at + scale + 1] = bits >> 8;
    }
  }
  return data;
}

const bfloat = (value: number) => new Uint32Array(Float32Array.of(value).buffer)[0]! >>> 16;

function decoded(type: BlockDtype, count: number, data: Uint8Array): Float32Array {
  const numbers = new Float32Array(count);
  blockTypes[type].decode(data, numbers);
  return numbers;
}

/** x [rows, inner] · numbers [out, inner]ᵀ. */
function product(x: ArrayLike<number>, numbers: ArrayLike<number>, inner: number): Float64Array {
  const [rows, out] = [x.length / inner, numbers.length / inner];
  return Float64Array.from({ length: rows * out }, (_, i) => {
    const [row, column] = [Math.floor(i / out), i % out];
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += x[row * inner + k]! * numbers[column * inner + k]!;
    return sum;
  });
}

function transposed(values: ArrayLike<number>, rows: number, columns: number): Float64Array {
  return Float64Array.from(
    { length: rows * columns },
    (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!,
  );
}

const largest = (values: ArrayLike<number>) => Array.from(values, Math.abs).reduce((a, b) => Math.max(a, b));

/** A matrix of random blocks in one piece or, where the backend holds blocks, in two, with its numbers. */
function matrix(type: BlockDtype, out: number, inner: number, seed: number, isCut: boolean) {
  const data = randomBlocks(type, out * inner, seed);
  const numbers = decoded(type, out * inner, data);
  const whole = quantised(type, [out, inner], data);
  if (!isCut || out < 2 || !isQuantised(whole)) return { weight: whole, numbers };
  tf.dispose(whole.pieces);
  const cut = Math.ceil(out / 3);
  const bytes = (cut * data.length) / out;
  const parts = [quantised(type, [cut, inner], data.slice(0, bytes))];
  parts.push(quantised(type, [out - cut, inner], data.slice(bytes)));
  const pieces = (parts as Quantised[]).flatMap((part) => part.pieces);
  return { weight: { type, shape: [out, inner], pieces } as Weight, numbers };
}

async function expectProduct(type: BlockDtype, rows: number, out: number, blocks: number, seed: number) {
  const inner = blocks * Math.max(32, blockTypes[type].numbers);
  const { weight, numbers } = matrix(type, out, inner, seed, seed % 3 === 0);
  const x = sample(seed % 2 === 0 ? [rows, inner] : [1, rows, inner], seed + 2);
  const upstream = randomValues(rows * out, 7);
  const dx = product(upstream, transposed(numbers, out, inner), out);
  const tolerance = (values: ArrayLike<number>) => ({
    relative: 0,
    absolute: 1e-5 * Math.max(largest(values), 1e-30),
  });
  const multiplied = ({ x }: { x: tf.Tensor }) => linear(x, { weight });
  const reference = ({ x }: { x: tf.Tensor }) =>
    tf.tidy(() =>
      tf.reshape(tf.matMul(tf.reshape(x, [rows, inner]), widened(weight), false, true), [
        ...x.shape.slice(0, -1),
        out,
      ]),
    );
  await expectOp({
    op: Object.assign(multiplied, { reference, kernelName: `the product with ${type}` }),
    inputs: { x },
    exact: ({ x }) => product(x!, numbers, inner),
    exactGradients: () => ({ x: dx }),
    forward: tolerance(product(x.values, numbers, inner)),
    backward: tolerance(dx),
  });
  tf.dispose(weight);
}

describeEachModuleOnce('a quantised matrix', (backend) => {
  test('multiplies as the numbers of its blocks do, and so does its gradient', async () => {
    const size = fc.integer({ min: 1, max: 21 });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...types),
        size,
        size,
        fc.integer({ min: 1, max: 3 }),
        fc.nat(),
        expectProduct,
      ),
      { numRuns: runs(40) },
    );
  });

  test.each(types)('of %s holds over the edges of all blocks', async (type) => {
    await expectProduct(type, 1, 37, type.endsWith('K') ? 3 : 11, 5);
    await expectProduct(type, 9, 530, type.endsWith('K') ? 1 : 9, 6);
  });

  test('a token of any size is as exact as float32, and NaN stays NaN', async () => {
    const { weight, numbers } = matrix('Q4_1', 9, 64, 4, false);
    for (const scale of [1e-30, 1e30, 0]) {
      const x = randomValues(64, 3, scale);
      const wanted = product(x, numbers, 64);
      await expectClose(linear(tf.tensor2d(x, [1, 64]), { weight }), wanted, {
        relative: 0,
        absolute: Math.max(1e-5 * largest(wanted), 1e-40),
      });
    }
    const broken = await linear(tf.fill([1, 64], Number.NaN), { weight }).data();
    expect([...broken].every(Number.isNaN)).toBe(true);
    tf.dispose(weight);
  });

  test.each(types)(
    'of %s has the rows that its blocks say, also when it is a table in pieces',
    async (type) => {
      const inner = 2 * Math.max(32, blockTypes[type].numbers);
      const ids = [6, 0, 2, 2, 5, 1];
      for (const isCut of [false, true]) {
        const { weight, numbers } = matrix(type, 7, inner, 11, isCut);
        const rows = embedding(weight, tf.tensor2d(ids, [2, 3], 'int32'));
        expect(rows.shape).toEqual([2, 3, inner]);
        const wanted = ids.flatMap((id) => [...numbers.subarray(id * inner, (id + 1) * inner)]);
        await expectClose(rows, wanted, { relative: 1e-6, absolute: 1e-7 * largest(wanted) });
        await expectClose(widened(weight), numbers, { relative: 1e-6, absolute: 1e-7 * largest(wanted) });
        tf.dispose([rows, weight]);
      }
    },
  );

  test('its rows move as they are', async () => {
    const { weight, numbers } = matrix('Q8_0', 4, 96, 3, true);
    expect(isQuantised(weight)).toBe(backend !== 'tensorflow');
    const moved = withRows(weight, (rows) => tf.gather(rows, tf.tensor1d([2, 3, 0], 'int32')));
    const wanted = [2, 3, 0].flatMap((row) => [...numbers.subarray(96 * row, 96 * (row + 1))]);
    expect(moved.shape).toEqual([3, 96]);
    await expectClose(widened(moved), wanted, { relative: 1e-6, absolute: 1e-7 * largest(wanted) });
    tf.dispose([weight, moved]);
  });

  test.runIf(backend !== 'tensorflow')('takes its own bytes on the device, and gives them back', async () => {
    const data = randomBlocks('Q8_0', 150 * 1024, 8);
    const held = () =>
      (backend === 'webgl'
        ? (tf.memory() as unknown as { numBytesInGPU: number })
        : { numBytesInGPU: tf.memory().numBytes }
      ).numBytesInGPU;
    const before = held();
    const { pieces } = quantised('Q8_0', [150, 1024], data) as Quantised;
    expect(held() - before).toBeLessThan(1.05 * data.length);
    const { buffer, byteOffset, byteLength } = await pieces[0]!.data();
    expect(new Uint8Array(buffer, byteOffset, byteLength)).toEqual(data);
    tf.dispose(pieces);
    expect(held()).toBe(before);
  });

  test('what is no matrix of whole blocks is refused', () => {
    expect(() => quantised('Q8_0', [2, 48], new Uint8Array(102))).toThrow(ShapeError);
    expect(() => quantised('Q8_0', [2, 32], new Uint8Array(67))).toThrow(ShapeError);
  });
});

describe('blocks of float32 numbers', () => {
  test('halves are the nearest, and even ones between two', () => {
    const table = halves();
    const wrong = Array.from({ length: 0x7bff }, (_, bits) => {
      const middle = (table[bits]! + table[bits + 1]!) / 2;
      const even = bits + (bits % 2);
      return toHalf(table[bits]!) !== bits || toHalf(middle) !== even || toHalf(-middle) !== (0x8000 | even);
    });
    expect(wrong.indexOf(true)).toBe(-1);
    expect([65519, 65520, Number.POSITIVE_INFINITY].map(toHalf)).toEqual([0x7bff, 0x7c00, 0x7c00]);
    expect(table[toHalf(Number.NaN)]).toBeNaN();
  });

  test.each([
    ['Q8_0', 1 / 254],
    ['Q4_0', 1 / 8],
    ['F16', 2 ** -11],
  ] as const)('of %s are as near as their steps allow, and zeros stay zeros', (type, step) => {
    const numbers = randomValues(64, 5, 3);
    numbers.fill(0, 32);
    const data = new Uint8Array((64 / blockTypes[type].numbers) * blockTypes[type].bytes);
    blockTypes[type].encode!(numbers, data);
    const back = decoded(type, 64, data);
    back.forEach((value, i) => {
      expect(Math.abs(value - numbers[i]!)).toBeLessThanOrEqual(3 * step * 1.001);
    });
    expect([...back.subarray(32)].every((value) => value === 0)).toBe(true);
    expect(brokenBlock(type, data)).toBe(-1);
  });
});
