/** A long read says how far it is, and can be ended, every 1,024 tokens. */
import { setBackend } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { initialWeights, languageModel, llamaConfig } from '../index.ts';

const shape = { width: 8, heads: 2, layers: 1, intermediateWidth: 8, vocabularySize: 7 };
const tokens = Array.from({ length: 2_100 }, (_, i) => i % 7);

test.each([
  [256, [1024, 2048, 2100]],
  [16, [256, 512, 768]],
  [2048, [2048, 2100]],
])('with blocks of %i', async (blockSize, expected) => {
  await setBackend('wasm');
  const config = llamaConfig({ ...shape, fam: { blockSize, memorySegments: 1 } });
  const weights = initialWeights(config, 0);
  using model = languageModel({ config, weights });
  using session = model.session();
  const seen: number[] = [];
  await session.read(tokens, { onProgress: ({ tokens }) => seen.push(tokens) });
  expect(seen.slice(0, expected.length)).toEqual(expected);
  const { length } = session;
  const stop = new AbortController();
  const stopped = session.read(tokens, { signal: stop.signal, onProgress: () => stop.abort() });
  expect(await stopped.catch((error) => error)).toBe(stop.signal.reason);
  expect(session.length).toBe(length);
  tf.dispose(weights);
});
