/** In Node, too, all gradients of TensorFlow.js are there, on the engine of the user, and they compute. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { setBackend } from './index.ts';

const core = path.dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-core/package.json'));
const folder = path.join(core, 'dist/gradients');

const kernelNames = readdirSync(folder)
  .filter((file) => file.endsWith('_grad.js'))
  .map((file) => /kernelName: (\w+),/.exec(readFileSync(path.join(folder, file), 'utf8'))![1]!)
  .map((name) => (tf as unknown as Record<string, string>)[name]!);

test('every gradient of TensorFlow.js is registered', () => {
  expect(kernelNames.length).toBeGreaterThan(90);
  expect(kernelNames.filter((name) => !tf.getGradient(name))).toEqual([]);
});

test('those over what TensorFlow.js keeps to itself compute', async () => {
  await setBackend('cpu');
  const x = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
  const gradient = (f: (x: tf.Tensor4D) => tf.Tensor) => tf.grad(f as (x: tf.Tensor) => tf.Tensor)(x);
  expect([...(await gradient((y) => tf.avgPool(y, 2, 1, 'valid')).data())]).toEqual([0.25, 0.25, 0.25, 0.25]);
  expect([...(await gradient((y) => tf.maxPool(y, 2, 1, 'valid')).data())]).toEqual([0, 0, 0, 1]);
  const kernel = tf.ones<tf.Rank.R4>([2, 2, 1, 1]);
  expect([...(await gradient((y) => tf.conv2d(y, kernel, 1, 'valid')).data())]).toEqual([1, 1, 1, 1]);
  expect([...(await gradient((y) => tf.selu(y)).data())].every((slope) => slope > 1)).toBe(true);
});
