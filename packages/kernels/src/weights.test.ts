/** Attention's weights against what blockAttention makes of the same call. */
import { describeEachBackend, expectClose } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { type AttentionWeights, attentionWeights, type BlockAttention, blockAttention } from './index.ts';
import { callOf, edges, type Structure, sampleInputs, shapesOf } from './testing/index.ts';

const subjects = [
  'a window, sinks and values of another width',
  'multi-query heads and blocks that see each other',
  'sinks without memory',
  'updates of FAM',
];

const tensorsOf = (structure: Structure) => {
  const inputs = sampleInputs(structure, 3);
  return Object.entries(shapesOf(structure)).map(([name, shape]) => tf.tensor(inputs[name]!, shape));
};

/** Σ weight · value over the keys of all groups, one after the other. */
function weighted(structure: Structure, weights: AttentionWeights, call: BlockAttention): tf.Tensor {
  const { T, m } = structure;
  const blocksOf = (x: tf.Tensor) => tf.split(x, x.shape[1]!, 1);
  const values = Array.from({ length: T }, (_, t) => {
    const before = [...(call.memory ? blocksOf(call.memory.v) : []), ...blocksOf(call.v)];
    const parts: tf.Tensor[] = [
      ...(call.fam ? [blocksOf(call.fam.v)[t]!] : []),
      ...(call.sinks ? [tf.expandDims(call.sinks.v, 1)] : []),
      ...before.slice(t, t + m + 1),
    ];
    return tf.concat(parts, 2);
  });
  const all = tf.concat(
    [weights.fam, weights.sinks, weights.memory, weights.own].flatMap((part) => part ?? []),
    -1,
  );
  const { H, Hkv } = structure;
  const heads = tf.gather(
    tf.concat(values, 1),
    tf
      .range(0, H, 1, 'int32')
      .arraySync()
      .map((h) => Math.floor((h * Hkv) / H)),
    3,
  );
  const product = tf.matMul(tf.transpose(all, [0, 1, 3, 2, 4]), tf.transpose(heads, [0, 1, 3, 2, 4]));
  return tf.transpose(product, [0, 1, 3, 2, 4]);
}

describeEachBackend('attention weights', () => {
  test.each(subjects)('of %s, times the values, are what attention reads', async (name) => {
    const structure = edges[name]!;
    const [value, sums, read] = tf.tidy(() => {
      const call = callOf(structure, tensorsOf(structure));
      const weights = attentionWeights(call);
      const groups = Object.values(weights) as tf.Tensor[];
      const total = groups.map((part) => tf.sum(part, -1)).reduce((a, b) => tf.add(a, b));
      return [blockAttention(call), total, weighted(structure, weights, call)];
    }) as [tf.Tensor, tf.Tensor, tf.Tensor];
    await expectClose(read, await value.data(), { relative: 1e-5, absolute: 1e-6 }, 'weights · values');
    await expectClose(sums, new Float32Array(sums.size).fill(1), { relative: 1e-5, absolute: 1e-6 }, 'sums');
    tf.dispose([value, sums, read]);
  });

  test('are differentiable, and leave nothing behind', async () => {
    const structure = edges[subjects[0]!]!;
    const before = tf.memory().numTensors;
    const gradient = tf.tidy(() => {
      const [q, ...rest] = tensorsOf(structure);
      return tf.grad((q) => tf.sum(attentionWeights(callOf(structure, [q, ...rest])).fam!))(q!);
    });
    expect((await gradient.data()).some((value) => value !== 0)).toBe(true);
    gradient.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
