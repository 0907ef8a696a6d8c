/** A million tokens in constant memory: tensors and bytes after every scan are those after the first. */
import { setBackend } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { smallLanguageModel, someTokens } from './small-model.ts';

test('a million tokens hold no more than the first, on wasm', async () => {
  await setBackend('wasm');
  const session = smallLanguageModel({ blockSize: 512, memorySegments: 0 }).session();
  const text = someTokens(8192);
  const seen = new Set<string>();
  let read = 0;
  for (; read < 1_000_000; read += text.length) {
    await session.read(text);
    const { numTensors, numBytes } = tf.memory();
    seen.add(`${numTensors} tensors, ${numBytes} bytes`);
  }
  expect(session.length).toBe(read);
  expect([...seen]).toHaveLength(1);
  session.dispose();
});
