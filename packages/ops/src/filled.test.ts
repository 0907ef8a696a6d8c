/** A tensor that is written in place has its numbers, and what fails leaves nothing behind. */
import { describeEachBackend } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { filled } from './index.ts';

describeEachBackend('a filled tensor', () => {
  test('has the numbers that were written, between others', async () => {
    const before = tf.ones([5]);
    const x = filled([2, 3], (numbers) => {
      expect(numbers).toHaveLength(6);
      for (let i = 0; i < numbers.length; i++) numbers[i] = i / 2;
    });
    const after = tf.ones([5]);
    expect([x.shape, x.dtype]).toEqual([[2, 3], 'float32']);
    expect([...(await x.data())]).toEqual([0, 0.5, 1, 1.5, 2, 2.5]);
    expect([...(await tf.add(before, after).data())]).toEqual([2, 2, 2, 2, 2]);
    tf.dispose([before, x, after]);
  });

  test('leaves nothing when writing fails', () => {
    const held = tf.memory();
    const fail = () => {
      throw new Error('broken');
    };
    expect(() => filled([64], fail)).toThrow('broken');
    expect(tf.memory()).toEqual(held);
  });
});
