/** The public suite catches what is wrong with an attention. */
import { setBackend } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { type BlockAttention, blockAttention } from '../index.ts';
import { type AttentionChecks, attentionChecks } from './index.ts';

/** Attentions with one fault each, and what the suite says of them. */
const faulty: Record<string, { attention(call: BlockAttention): tf.Tensor; complaint: RegExp }> = {
  'sees one token too many': {
    attention: ({ causalOffset: offset, window, ...call }) =>
      blockAttention({ ...call, causalOffset: offset === undefined ? undefined : offset + 1 }),
    complaint: /attention differs/,
  },
  'forgets FAM': {
    attention: ({ fam, ...call }) => blockAttention(call),
    complaint: /Cannot compute gradient|attention differs/,
  },
  'sees memory from before the document': {
    attention: ({ visible, ...call }) => {
      const all = visible && tf.fill(visible.shape, call.memory?.k.shape[1] ?? 0, 'int32');
      return blockAttention({ ...call, visible: all });
    },
    complaint: /attention differs/,
  },
  'forgets sinks': {
    attention: ({ sinks, ...call }) => blockAttention(call),
    complaint: /Cannot compute gradient|attention differs/,
  },
  'sees beyond its window': {
    attention: ({ window, ...call }) => blockAttention(call),
    complaint: /attention differs/,
  },
  'has a scale of its own': {
    attention: ({ scale, ...call }) => blockAttention(call),
    complaint: /attention differs/,
  },
  'has another gradient': {
    attention: (call) => {
      const nothing = tf.sub(call.q, stopped(call.q));
      return tf.add(blockAttention(call), tf.mul(nothing, 0.01));
    },
    complaint: /the gradient in q differs/,
  },
  'leaves a tensor behind': {
    attention: (call) => {
      tf.keep(tf.zeros([3]));
      return blockAttention(call);
    },
    complaint: /what the engine and the backend hold/,
  },
  'is not a number': {
    attention: (call) => tf.mul(blockAttention(call), Number.NaN),
    complaint: /value 0 is NaN/,
  },
  'hides what is not a number': {
    attention: (call) => {
      const value = blockAttention(call);
      return tf.where(tf.isNaN(value), tf.zerosLike(value), value);
    },
    complaint: /the rows that are not numbers/,
  },
};

/** The same values, without their gradient. */
const stopped = (x: tf.Tensor) =>
  tf.customGrad((x) => ({ value: tf.clone(x as tf.Tensor), gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy) }))(
    x,
  );

/** Runs the checks up to the first that fails. */
async function runAll(options: AttentionChecks): Promise<void> {
  for (const { run } of attentionChecks({ runs: 20, seed: 1, ...options })) await run();
}

describe('the suite for backends', () => {
  beforeAll(() => setBackend('wasm'));

  test('passes the attention of this package', () => runAll({}));

  test.each(Object.entries(faulty))('fails an attention that %s', async (_, { attention, complaint }) => {
    await expect(runAll({ attention })).rejects.toThrow(complaint);
  });
});
