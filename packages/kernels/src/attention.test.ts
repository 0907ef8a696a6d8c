/** Attention of blocks against float64 loops: the value and every gradient, of the kernels and of the reference. */
import { ShapeError } from '@famjs/backends';
import { rotaryFrequencies, rotaryTable } from '@famjs/ops';
import {
  describeEachModuleOnce,
  differencesOf,
  expectClose,
  isEmulated,
  noteComparison,
  runs,
} from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { opArguments } from './attention.ts';
import { type BlockAttention, blockAttention, blockAttentionOp } from './index.ts';
import {
  attentionChecks,
  callOf,
  edges,
  exactAttention,
  sampleInputs,
  sampleUpstream,
  shapesOf,
} from './testing/index.ts';
import { theta } from './testing/oracle.ts';

/** The public function by way of the composition. */
const reference = (call: BlockAttention) => blockAttentionOp.reference(...opArguments(call));

/** Calls that are wrong in one place. */
const misfits: Record<string, (call: BlockAttention) => BlockAttention> = {
  'queries of other blocks': (call) => ({ ...call, q: tf.slice(call.q, 0, [2, 3]) }),
  'query heads that cannot share evenly': (call) => ({ ...call, q: tf.slice(call.q, 0, [2, 4, 12, 3]) }),
  'no keys at all': ({ k, v, ...call }) => ({
    ...call,
    k: tf.slice(k, 0, [2, 4, 0]),
    v: tf.slice(v, 0, [2, 4, 0]),
  }),
  'values of another width than those of FAM': (call) => ({
    ...call,
    v: tf.slice(call.v, 0, [2, 4, 12, 2, 4]),
  }),
  'heads wider than 512': ({ q, k, v }) => {
    const wide = (x: tf.Tensor) => tf.zeros([...x.shape.slice(0, 4), 520]);
    return { q: wide(q), k: wide(k), v };
  },
  'sinks of other rows': ({ sinks, ...call }) => ({
    ...call,
    sinks: { k: tf.slice(sinks!.k, 0, [1]), v: tf.slice(sinks!.v, 0, [1]) },
  }),
  'memory without what is visible of it': ({ visible, ...call }) => call,
  'a window of nothing': (call) => ({ ...call, window: 0 }),
  'a window without order': (call) => ({ ...call, window: 3, causalOffset: undefined }),
  'a window for queries behind the block': (call) => ({ ...call, window: 3, causalOffset: 1 }),
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
  'visible segments that are not whole numbers': (call) => ({
    ...call,
    visible: tf.cast(call.visible!, 'float32'),
  }),
  'angles for too few segments': ({ memory, ...call }) => ({
    ...call,
    memory: { ...memory!, rotation: rotaryTable([12], rotaryFrequencies(8, theta)) },
  }),
  'angles of another width': ({ memory, ...call }) => ({
    ...call,
    memory: { ...memory!, rotation: rotaryTable([12, 24, 36], rotaryFrequencies(6, theta)) },
  }),
  'queries before the block': (call) => ({ ...call, causalOffset: -1 }),
};

describe('the loops that attention is held against', () => {
  test('have the gradients that differences have', async () => {
    const structure = {
      ...edges['multi-query heads and blocks that see each other']!,
      ...{ B: 1, N: 2, M: 2, C: 2, S: 2, Dv: 3, window: 4, scale: 0.7, visible: [4] },
    };
    const inputs = Object.fromEntries(
      Object.entries(sampleInputs(structure, 5)).map(([name, values]) => [name, Float64Array.from(values)]),
    );
    const dy = sampleUpstream(structure, 15);
    const { gradients } = exactAttention(structure, inputs, dy);
    for (const name of Object.keys(inputs)) {
      const differences = differencesOf((given) => exactAttention(structure, given).value, inputs, name, dy);
      await expectClose(gradients[name]!, differences, { relative: 1e-7, absolute: 1e-7 }, name);
    }
  });
});

describeEachModuleOnce('block attention', (backend) => {
  const options = { runs: runs(60, backend), onCompared: noteComparison };
  // Wide heads have shaders of their own, which an emulated GPU takes seconds to compile: those of 512 are enough there.
  const wide = (name: string) =>
    isEmulated(backend) && ['holds for heads of 128', 'holds for the widest heads'].includes(name);
  for (const { name, run } of attentionChecks(options)) test.skipIf(wide(name))(name, run);

  describe('as a composition of core ops', () => {
    const referenceOptions = { ...options, attention: reference, runs: runs(20, backend) };
    for (const { name, run } of attentionChecks(referenceOptions)) test(name, run);
  });

  test.each(Object.entries(misfits))('refuses %s', (_, misfit) => {
    tf.tidy(() => {
      const structure = { ...edges['multi-query heads and blocks that see each other']!, Hkv: 2, S: 2 };
      const call = callOf(
        structure,
        Object.values(shapesOf(structure)).map((shape) => tf.zeros(shape)),
      );
      expect(blockAttention(call).shape).toEqual(call.q.shape);
      expect(() => blockAttention(misfit(call))).toThrow(ShapeError);
    });
  });

  test('has kernels of its own', () => {
    for (const name of [blockAttentionOp.kernelName, `${blockAttentionOp.kernelName}Grad`]) {
      expect(tf.getKernel(name, backend)).toBeDefined();
    }
  });
});
