/** Attention of blocks against float64 loops: the value and every gradient, of the kernels and of the reference. */
import { ShapeError } from '@famjs/backends';
import { rotaryTable } from '@famjs/ops';
import { describeEachBackend, differencesOf, expectClose } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exactAttention, type Structure, shapesOf, theta } from '../test/oracle.ts';
import { edges, structures } from '../test/structures.ts';
import { type BlockAttention, blockAttention, blockAttentionOp } from './index.ts';

/** Normally distributed inputs by name, the queries with the given standard deviation, which scores then have too. */
function sample(structure: Structure, seed: number, magnitude = 1): Record<string, Float32Array> {
  const draw = (shape: number[], deviation: number, index: number) =>
    tf.tidy(() => tf.randomNormal(shape, 0, deviation, 'float32', seed + index).dataSync() as Float32Array);
  return Object.fromEntries(
    Object.entries(shapesOf(structure)).map(([name, shape], index) => [
      name,
      draw(shape, name === 'q' ? magnitude : 1, index),
    ]),
  );
}

function inFloat64(inputs: Record<string, Float32Array>): Record<string, Float64Array> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, values]) => [name, Float64Array.from(values)]),
  );
}

/** What `blockAttention` takes, from tensors in the order of `shapesOf`. */
function callOf(structure: Structure, tensors: tf.Tensor[]): BlockAttention {
  const { C, D, m, visible, causalOffset, rotated } = structure;
  const names = Object.keys(shapesOf(structure));
  const [q, k, v, famK, famV, memoryK, memoryV] = ['q', 'k', 'v', 'famK', 'famV', 'memoryK', 'memoryV'].map(
    (name) => tensors[names.indexOf(name)],
  );
  const distances = Array.from({ length: m }, (_, index) => (index + 1) * C);
  return {
    q: q!,
    k: k!,
    v: v!,
    fam: famK && { k: famK, v: famV! },
    memory: memoryK && {
      k: memoryK,
      v: memoryV!,
      visible: tf.tensor1d(visible, 'int32'),
      rotation: rotated ? rotaryTable(distances, D, theta) : undefined,
    },
    causalOffset,
  };
}

/** The public function by way of the composition. */
function reference({ q, k, v, fam, memory, causalOffset }: BlockAttention): tf.Tensor {
  return blockAttentionOp.reference(
    { q, k, v, famK: fam?.k, famV: fam?.v, memoryK: memory?.k, memoryV: memory?.v },
    { visible: memory?.visible, rotationCos: memory?.rotation?.cos, rotationSin: memory?.rotation?.sin },
    { causalOffset, scale: 1 / Math.sqrt(q.shape[4]!) },
  );
}

/** Fails unless value and gradients are those of the loops, and nothing is left behind. */
async function expectExact(
  attention: typeof blockAttention,
  structure: Structure,
  seed: number,
  magnitude = 1,
): Promise<void> {
  const shapes = shapesOf(structure);
  const inputs = sample(structure, seed, magnitude);
  const dy = sample(structure, seed + 10).q!;
  const exact = exactAttention(structure, inFloat64(inputs), dy);
  const attend = (...tensors: tf.Tensor[]) => attention(callOf(structure, tensors));

  const before = footprint();
  const [value, ...gradients] = tf.tidy(() => {
    const tensors = Object.entries(shapes).map(([name, shape]) => tf.tensor(inputs[name]!, shape));
    return [attend(...tensors), ...tf.grads(attend)(tensors, tf.tensor(dy, shapes.q))];
  });
  await expectClose(value!, exact.value, { relative: 1e-5, absolute: 1e-6 }, 'attention');
  for (const [index, name] of Object.keys(shapes).entries()) {
    expect(gradients[index]!.shape).toEqual(shapes[name]);
    const tolerance = { relative: 1e-4, absolute: 1e-5 * magnitude };
    await expectClose(gradients[index]!, exact.gradients[name]!, tolerance, `the gradient in ${name}`);
  }
  tf.dispose([value!, ...gradients]);
  expect(footprint()).toEqual(before);
}

/** What the engine counts, and what the backend holds whether the engine knows or not. */
function footprint() {
  const { numTensors, numDataBuffers, numBytes } = tf.memory();
  return { numTensors, numDataBuffers, numBytes, held: tf.engine().backend.numDataIds() };
}

/** Calls that are wrong in one place. */
const misfits: Record<string, (call: BlockAttention) => BlockAttention> = {
  'queries of other blocks': (call) => ({ ...call, q: tf.slice(call.q, 0, [2, 3]) }),
  'query heads that cannot share evenly': (call) => ({ ...call, q: tf.slice(call.q, 0, [2, 4, 12, 3]) }),
  'no keys at all': ({ k, v, ...call }) => ({
    ...call,
    k: tf.slice(k, 0, [2, 4, 0]),
    v: tf.slice(v, 0, [2, 4, 0]),
  }),
  'values of another width': (call) => ({ ...call, v: tf.slice(call.v, 0, [2, 4, 12, 2, 4]) }),
  'FAM with fewer values than keys': ({ fam, ...call }) => ({
    ...call,
    fam: { k: fam!.k, v: tf.slice(fam!.v, 0, [2, 4, 2]) },
  }),
  'memory of other blocks': ({ memory, ...call }) => ({
    ...call,
    memory: { ...memory!, k: tf.slice(memory!.k, 0, [2, 3, 11]), v: tf.slice(memory!.v, 0, [2, 3, 11]) },
  }),
  'memory with fewer values than keys': ({ memory, ...call }) => ({
    ...call,
    memory: { ...memory!, v: tf.slice(memory!.v, 0, [2, 2]) },
  }),
  'visible segments that are not whole numbers': ({ memory, ...call }) => ({
    ...call,
    memory: { ...memory!, visible: tf.cast(memory!.visible, 'float32') },
  }),
  'angles for too few segments': ({ memory, ...call }) => ({
    ...call,
    memory: { ...memory!, rotation: rotaryTable([12], 8, theta) },
  }),
  'angles of another width': ({ memory, ...call }) => ({
    ...call,
    memory: { ...memory!, rotation: rotaryTable([12, 24, 36], 6, theta) },
  }),
  'queries before the block': (call) => ({ ...call, causalOffset: -1 }),
};

describe('the loops that attention is held against', () => {
  test('have the gradients that differences have', async () => {
    const structure = {
      ...edges['multi-query heads and blocks that see each other']!,
      B: 1,
      N: 2,
      M: 2,
      C: 2,
    };
    const inputs = inFloat64(sample(structure, 5));
    const dy = sample(structure, 15).q!;
    const { gradients } = exactAttention(structure, inputs, dy);
    for (const name of Object.keys(inputs)) {
      const differences = differencesOf((given) => exactAttention(structure, given).value, inputs, name, dy);
      await expectClose(gradients[name]!, differences, { relative: 1e-7, absolute: 1e-7 }, name);
    }
  });
});

describeEachBackend('block attention', (backend) => {
  test('of any structure is a softmax over what each query sees', async () => {
    await fc.assert(
      fc.asyncProperty(structures, fc.nat(1e6), (structure, seed) =>
        expectExact(blockAttention, structure, seed),
      ),
      { numRuns: 60 },
    );
  });

  test('is as good where scores are large', async () => {
    await fc.assert(
      fc.asyncProperty(structures, fc.nat(1e6), (structure, seed) =>
        expectExact(blockAttention, structure, seed, 30),
      ),
      { numRuns: 60 },
    );
  });

  test('is the same as a composition of core ops', async () => {
    await fc.assert(
      fc.asyncProperty(structures, fc.nat(1e6), fc.constantFrom(1, 30), (structure, seed, magnitude) =>
        expectExact(reference, structure, seed, magnitude),
      ),
      { numRuns: 20 },
    );
  });

  test.each(Object.keys(edges))('holds for %s', (name) => expectExact(blockAttention, edges[name]!, 1));

  test('what is not a number stays visible', async () => {
    const structure = edges['more keys than a tile']!;
    const { q, ...others } = sample(structure, 1);
    q![7 * structure.D] = Number.NaN;
    const shapes = shapesOf(structure);
    const value = tf.tidy(() => {
      const tensors = Object.entries({ q: q!, ...others }).map(([name, values]) =>
        tf.tensor(values, shapes[name]),
      );
      return blockAttention(callOf(structure, tensors));
    });
    const values = await value.data();
    value.dispose();
    const rows = Array.from({ length: structure.N }, (_, row) => Number.isNaN(values[row * structure.D]));
    expect(rows.indexOf(true)).toBe(7);
    expect(rows.lastIndexOf(true)).toBe(7);
  });

  test.each(Object.entries(misfits))('refuses %s', (_, misfit) => {
    tf.tidy(() => {
      const structure = { ...edges['multi-query heads and blocks that see each other']!, Hkv: 2 };
      const call = callOf(
        structure,
        Object.values(shapesOf(structure)).map((shape) => tf.zeros(shape)),
      );
      expect(blockAttention(call).shape).toEqual(call.q.shape);
      expect(() => blockAttention(misfit(call))).toThrow(ShapeError);
    });
  });

  test.runIf(backend === 'cpu' || backend === 'wasm')('has kernels of its own', () => {
    for (const name of [blockAttentionOp.kernelName, `${blockAttentionOp.kernelName}Grad`]) {
      expect(tf.getKernel(name, backend)).toBeDefined();
    }
  });
});
