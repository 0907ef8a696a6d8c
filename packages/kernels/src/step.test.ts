/** Attention over a log against float64 loops over the block and the segments that lie in it. */
import { ShapeError } from '@famjs/backends';
import { rotaryFrequencies, rotaryTable } from '@famjs/ops';
import { describeEachBackend, expectClose, runs } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type StepAttention, stepAttention } from './index.ts';
import {
  exactAttention,
  float32,
  type Structure,
  sampleInputs,
  sampleUpstream,
  shapesOf,
} from './testing/index.ts';
import { theta } from './testing/oracle.ts';
import { structures } from './testing/structures.ts';

/** One block of a structure as it lies in a log. */
interface Case {
  structure: Structure;
  /** Rows of the log before the farthest segment, and behind the open block. */
  before: number;
  behind: number;
  /** Segments of the call: those that the log holds, or more. */
  segments: number;
}

const cases = fc
  .tuple(
    structures(fc),
    fc.nat(12),
    fc.nat(3),
    fc.nat(2),
    fc.array(fc.nat(6), { minLength: 3, maxLength: 3 }),
  )
  .map(([drawn, offset, behind, more, visible]): Case & { visible: number[] } => {
    const N = Math.min(drawn.N, drawn.C);
    const causalOffset = Math.min(offset, drawn.C - N);
    const structure = { ...drawn, T: 1, N, M: causalOffset + N, causalOffset };
    const segments = structure.m + more;
    const counts = visible.slice(0, structure.B).map((count) => Math.min(count, segments + 1));
    return {
      structure: {
        ...structure,
        visible: counts.map((count) => (count > segments ? structure.m + 1 : Math.min(count, structure.m))),
      },
      // Fewer rows than a segment has are none.
      before: more > 0 ? Math.min(2, drawn.C - 1) : offset,
      ...{ behind, segments, visible: counts },
    };
  });

/** The call over a log in which all rows that nothing may see are NaN. */
function callOf(
  { structure, before, behind, segments, visible }: Case & { visible: number[] },
  [q, k, v, famK, famV, memoryK, memoryV, sinksK, sinksV]: (tf.Tensor | undefined)[],
): StepAttention {
  const { B, m, C, M, D, causalOffset, window, scale, rotated } = structure;
  const flat = (x: tf.Tensor) => tf.reshape(x, [B, -1, ...x.shape.slice(3)]);
  const nothing = (x: tf.Tensor, rows: number) => tf.fill([B, rows, ...x.shape.slice(3)], Number.NaN);
  const log = (own: tf.Tensor, memory: tf.Tensor | undefined) =>
    tf.concat(
      [nothing(own, before), ...(memory ? [flat(memory)] : []), flat(own), nothing(own, behind)].filter(
        ({ size }) => size > 0,
      ),
      1,
    );
  const block = (x: tf.Tensor) => tf.squeeze(x, [1]);
  const distances = Array.from({ length: m }, (_, index) => (index + 1) * C);
  expect(M).toBe(causalOffset! + structure.N);
  return {
    q: block(q!),
    log: { k: log(k!, memoryK), v: log(v!, memoryV) },
    ...{ own: before + m * C, offset: causalOffset!, segments, blockSize: C },
    fam: famK && { k: block(famK), v: block(famV!) },
    sinks: sinksK && { k: sinksK, v: sinksV! },
    visible: tf.tensor1d(visible, 'int32'),
    rotation: rotated && m > 0 ? rotaryTable(distances, rotaryFrequencies(D, theta)) : undefined,
    ...{ scale, window },
  };
}

const names = ['q', 'k', 'v', 'famK', 'famV', 'memoryK', 'memoryV', 'sinksK', 'sinksV'];

describeEachBackend('attention over a log', () => {
  test('sees the rows of its block and of the segments, and no others', async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.nat(1e6), async (drawn, seed) => {
        const { structure } = drawn;
        const inputs = sampleInputs(structure, seed);
        const exact = exactAttention(structure, inputs as never);
        const value = tf.tidy(() => {
          const shapes = shapesOf(structure);
          const tensors = names.map((name) => shapes[name] && tf.tensor(inputs[name]!, shapes[name]));
          return stepAttention(callOf(drawn, tensors));
        });
        await expectClose(value, exact.value, float32.forward, 'attention');
        value.dispose();
      }),
      { numRuns: runs(60) },
    );
  });

  test('is differentiable in queries, keys and values', async () => {
    const structure: Structure = {
      ...{ B: 2, T: 1, N: 3, M: 5, H: 4, Hkv: 2, D: 6, F: 2, m: 2, C: 7, S: 2 },
      ...{ visible: [3, 1], causalOffset: 2, window: 12, rotated: true },
    };
    const drawn = { structure, before: 0, behind: 0, segments: 2, visible: structure.visible };
    const shapes = shapesOf(structure);
    const inputs = sampleInputs(structure, 4);
    const dy = sampleUpstream(structure, 5);
    const { gradients } = exactAttention(structure, inputs as never, dy);
    const actual = tf.tidy(() => {
      const tensors = names.map((name) => tf.tensor(inputs[name]!, shapes[name]!));
      const attend = (...given: tf.Tensor[]) => stepAttention(callOf(drawn, given));
      return tf.grads(attend)(tensors, tf.tensor(dy, [2, 3, 4, 6]));
    });
    for (const [index, name] of names.entries()) {
      await expectClose(actual[index]!, gradients[name]!, float32.backward, name);
    }
    tf.dispose(actual);
  });

  test.each<[string, Partial<StepAttention>]>([
    ['queries behind the log', { offset: 8 }],
    ['a block before the log', { own: -1 }],
    ['segments of no size', { segments: 1, blockSize: 0 }],
  ])('refuses %s', (_, wrong) => {
    tf.tidy(() => {
      const [q, log] = [tf.zeros([1, 1, 1, 4]), tf.zeros([1, 8, 1, 4])];
      const call = { q, log: { k: log, v: log }, own: 0, offset: 7, segments: 0, blockSize: 8 };
      expect(stepAttention(call).shape).toEqual(q.shape);
      expect(() => stepAttention({ ...call, ...wrong })).toThrow(ShapeError);
    });
  });
});
