/** One layer of each of the paper's models runs, at its full width: up to 2.8 GB, so one after the other and in a process of its own. */
import { setBackend } from '@famjs/backends';
import { famConfig, type Schedule, startState } from '@famjs/layer';
import { expectClose } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { type Model, presetConfig, presetNames, readTokens, stackOf, weightShapes } from '../src/index.ts';

beforeAll(() => setBackend('wasm'));

/** Rows of normal numbers, repeated: as many as there are would take longer to draw than to use. */
function weight([rows, columns]: readonly number[], seed: number): tf.Tensor {
  if (columns === undefined) return tf.ones([rows!]);
  const drawn = rows! % 64 === 0 ? 64 : rows!;
  const some = tf.randomNormal([drawn, columns], 0, 1 / Math.sqrt(columns), 'float32', seed);
  return drawn === rows ? some : tf.concat(Array<tf.Tensor>(rows! / drawn).fill(some), 0);
}

test.each(presetNames)('a layer of %s reads a block and a token more', async (name) => {
  const { numTensors } = tf.memory();
  const config = {
    ...presetConfig(name),
    ...{ layers: 1, vocabularySize: 16 },
    fam: famConfig({ blockSize: 4, memorySegments: 1, famLength: 2 }),
  };
  const outputs = tf.tidy(() => {
    const shapes = Object.entries(weightShapes(config));
    const weights = Object.fromEntries(
      shapes.map(([part, shape], seed) => [part, tf.tidy(() => weight(shape, seed + 1))]),
    );
    const model: Model = { config, weights };
    const stack = stackOf(model);
    const tokens = tf.tensor2d([[3, 1, 4, 1, 5]], undefined, 'int32');
    // What is read token by token costs as many passes through the weights: the smallest shows that it is the same.
    const schedules: Schedule[] = name === 'flan-palm-1b' ? ['scan', 'step'] : ['scan'];
    return schedules.map((schedule) =>
      readTokens(model, stack, tokens, startState(stack, 1), { schedule }).hidden(),
    );
  });
  const values = await outputs[0]!.data();
  expect(outputs[0]!.shape).toEqual([1, 5, config.width]);
  const size = Math.hypot(...values) / Math.sqrt(values.length);
  expect(size).toBeGreaterThan(0.1);
  expect(size).toBeLessThan(10);
  for (const output of outputs) {
    await expectClose(output, values, { relative: 1e-5, absolute: 1e-4 }, name);
  }
  tf.dispose(outputs);
  expect(tf.memory().numTensors).toBe(numTensors);
});
