/** Attention over more blocks than a texture of the device has rows for. */
import { ShapeError } from '@famjs/backends';
import { describeEachBackend } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { blockAttention } from '../index.ts';

describeEachBackend('attention of too many blocks', (backend) => {
  test.runIf(backend === 'webgl')('is refused, and leaves nothing behind', () => {
    tf.tidy(() => {
      const rows = Math.floor(0.75 * tf.env().getNumber('WEBGL_MAX_TEXTURE_SIZE'));
      const [q, k, v] = [1, 8, 8].map((tokens) => tf.zeros([rows, 1, tokens, 1, 4]));
      const { numTensors } = tf.memory();
      const held = tf.engine().backend.numDataIds();
      // One texel for a row's query, but two for its keys.
      expect(() => blockAttention({ q: q!, k: k!, v: v! })).toThrow(ShapeError);
      expect([tf.memory().numTensors, tf.engine().backend.numDataIds()]).toEqual([numTensors, held]);
    });
  });
});
