/** Attention over more blocks than a texture of the device has rows for. */
import { describeEachBackend, expectClose } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';
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

  const flag = 'WEBGL_MAX_TEXTURE_SIZE';
  const largest = backend === 'webgl' ? tf.env().getNumber(flag) : undefined;
  afterEach(() => {
    if (largest !== undefined) tf.env().set(flag, largest);
  });

  // 16 blocks of 1,024 keys, 3 segments and 64 FAM, of which a texture holds 4 a row: 16,640 rows. Few queries show it too.
  test.runIf(backend === 'webgl')("fits textures of 8,192 with the paper's configuration", async () => {
    tf.env().set(flag, 8192);
    const [T, C, F, m, N] = [16, 1024, 64, 3, 4];
    const shape = (blocks: number, length: number) => [1, blocks, length, 1, 4];
    const numberOf = (block: number, key: number) => ((block * 7 + key) % 13) - 6;
    const valuesOf = (first: number, blocks: number, length: number) =>
      tf.tensor(
        Array.from({ length: blocks * length }, (_, i) =>
          Array(4).fill(numberOf(first + Math.floor(i / length), i % length)),
        ).flat(),
        shape(blocks, length),
      );
    const [value, gradient] = tf.tidy(() => {
      const attend = (v: tf.Tensor) =>
        blockAttention({
          ...{ q: tf.zeros(shape(T, N)), k: tf.zeros(shape(T, C)), v },
          fam: { k: tf.zeros(shape(T, F)), v: valuesOf(0, T, F) },
          memory: { k: tf.zeros(shape(m, C)), v: valuesOf(0, m, C) },
          ...{ visible: tf.tensor1d([m], 'int32'), causalOffset: C - N },
        });
      const v = valuesOf(m, T, C);
      return [attend(v), tf.grad(attend)(v, tf.ones(shape(T, N)))] as const;
    });
    // Equal scores make the mean of what a query sees.
    const seen = (i: number) => F + m * C + C - N + i + 1;
    const sum = (block: number, keys: number) =>
      Array.from({ length: keys }, (_, key) => numberOf(block, key)).reduce((a, b) => a + b);
    const means: number[] = [];
    const pulls: number[] = [];
    const all = [0, 1, 2, 3].reduce((total, i) => total + 1 / seen(i), 0);
    for (let t = 0; t < T; t++) {
      const before = sum(t, F) + [0, 1, 2].reduce((total, s) => total + sum(t + s, C), 0);
      for (let i = 0; i < N; i++) {
        means.push(...Array(4).fill((before + sum(t + m, C - N + i + 1)) / seen(i)));
      }
      const later = Math.min(m, T - 1 - t) * all;
      for (let key = 0; key < C; key++) {
        const own = [0, 1, 2, 3].filter((i) => C - N + i >= key).reduce((total, i) => total + 1 / seen(i), 0);
        pulls.push(...Array(4).fill(own + later));
      }
    }
    await expectClose(value, means, { relative: 1e-5, absolute: 1e-6 });
    await expectClose(gradient, pulls, { relative: 1e-5, absolute: 1e-8 });
    tf.dispose([value, gradient]);
  });
});
