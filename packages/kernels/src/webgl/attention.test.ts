/** Attention over more blocks than a texture of the device has rows for. */
import { describeEachBackend, expectClose } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { blockAttention } from '../index.ts';

describeEachBackend('attention of too many blocks', (backend) => {
  test.runIf(backend === 'webgl')('goes piece by piece, and leaves nothing behind', async () => {
    const { numTensors } = tf.memory();
    const held = tf.engine().backend.numDataIds();
    const blocks = Math.floor(0.75 * tf.env().getNumber('WEBGL_MAX_TEXTURE_SIZE'));
    const value = tf.tidy(() => {
      // One texel for a row's query, but two for its keys.
      const [q, k] = [1, 8].map((tokens) => tf.zeros([blocks, 1, tokens, 1, 4]));
      const v = tf.reshape(tf.range(0, blocks * 8 * 4), [blocks, 1, 8, 1, 4]);
      return blockAttention({ q: q!, k: k!, v });
    });
    // Equal scores make the mean: 3.5 rows of four behind the first.
    const means = Float32Array.from({ length: blocks * 4 }, (_, i) => 32 * Math.floor(i / 4) + (i % 4) + 14);
    await expectClose(value, means, { relative: 1e-6, absolute: 1e-6 });
    value.dispose();
    expect([tf.memory().numTensors, tf.engine().backend.numDataIds()]).toEqual([numTensors, held]);
  });
});
