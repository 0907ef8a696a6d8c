/** Tensors survive the way into a file and back on every backend, and a failure leaves none behind. */
import { CheckpointError } from '@famjs/backends';
import { describeEachBackend } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { writeSafetensors } from './safetensors.ts';
import { packTensors, unpackTensors, uploadValues } from './tensors.ts';

describeEachBackend('tensors', () => {
  test('come back from a file with their types, shapes and numbers', async () => {
    const before = tf.memory().numTensors;
    const tensors = { a: tf.tensor2d([[1.5, -2]]), b: tf.tensor1d([1, 2, 3], 'int32'), c: tf.scalar(7) };
    const file = await packTensors(tensors, { step: '3' });
    const { tensors: read, metadata } = unpackTensors(file);
    expect({ ...metadata }).toEqual({ step: '3' });
    for (const [name, tensor] of Object.entries(tensors)) {
      expect(read[name]).toMatchObject({ dtype: tensor.dtype, shape: tensor.shape });
      expect(await read[name]!.data()).toEqual(await tensor.data());
    }
    tf.dispose([tensors, read]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('are all gone when one fails', () => {
    const before = tf.memory().numTensors;
    const good = { shape: [1], values: Float32Array.of(1) };
    expect(() => uploadValues({ good, bad: { ...good, shape: [2] } })).toThrow();
    const eight = { dtype: 'F8_E5M2', shape: [1], data: Uint8Array.of(1) } as const;
    const four = { dtype: 'F32', shape: [1], data: new Uint8Array(4) } as const;
    expect(() => unpackTensors(writeSafetensors({ a: four, b: eight }))).toThrow(CheckpointError);
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('tensors of other types are refused', async () => {
  const flags = tf.tensor1d([true, false]);
  await expect(packTensors({ flags })).rejects.toThrow(CheckpointError);
  flags.dispose();
});
