/** A whole GGUF model of blocks of all types, held as it is stored, computes on every backend what its numbers in float32 do. */
import { setBackend } from '@famjs/backends';
import { isQuantised } from '@famjs/ops';
import { describeEachBackendOnce, expectClose } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { loadModel } from '../src/index.ts';

/** As a data URL, for tests in browsers have no file system. */
const files = import.meta.glob<string>('../../../tooling/checkpoints/gguf/stored.gguf', {
  query: '?url&inline',
  import: 'default',
  eager: true,
});
const [url] = Object.values(files);
const gguf = Uint8Array.from(atob(url!.slice(url!.indexOf(',') + 1)), (byte) => byte.charCodeAt(0));

/** Beyond a block of many rows, which are multiplied otherwise than the one that follows. */
const tokens = Array.from({ length: 45 }, (_, i) => (i * i + 3) % 64);
const options = { tokenizer: false, fam: { length: 4, blockSize: 32 } } as const;

async function logits(dtype?: 'f32') {
  const model = await loadModel({ 'stored.gguf': gguf }, { ...options, dtype });
  const blocks = Object.values(model.weights).filter(isQuantised).length;
  const session = model.session();
  await session.read(tokens);
  const read = [...(await session.logits())![0]!];
  await session.read([7]);
  const stepped = [...(await session.logits())![0]!];
  session.dispose();
  model.dispose();
  return { read, stepped, blocks };
}

let expected: Awaited<ReturnType<typeof logits>>;
beforeAll(async () => {
  await setBackend('wasm');
  expected = await logits('f32');
});

describeEachBackendOnce('a GGUF file as stored', (backend) => {
  test('gives the logits of its numbers', async () => {
    const { numTensors } = tf.memory();
    const own = await logits();
    expect([expected.blocks, own.blocks]).toEqual([0, backend === 'tensorflow' ? 0 : 1 + 2 * 7]);
    for (const kind of ['read', 'stepped'] as const) {
      const absolute = 1e-5 * Math.max(...expected[kind].map(Math.abs));
      await expectClose(own[kind], expected[kind], { relative: 0, absolute }, kind);
    }
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});
