/** What a token costs does not follow the block or FAM, and what a session costs does not follow the model. */
import { setBackend } from '@famjs/backends';
import { type FamChoices, stateTensors } from '@famjs/layer';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { smallLanguageModel, someTokens } from './small-model.ts';

await setBackend('wasm');

/** The kernels that read one token into a block with 32, with the shapes of what they make; logs and handles copy nothing. */
async function kernelsOfToken(fam: Partial<FamChoices>): Promise<string[]> {
  const model = smallLanguageModel({ memorySegments: 0, ...fam });
  const session = model.session();
  await session.read(someTokens(32));
  const { kernels } = await tf.profile(async () => {
    await session.read(someTokens(1));
    return tf.scalar(0);
  });
  session.dispose();
  model.dispose();
  tf.dispose(model.weights);
  return kernels
    .filter(({ name }) => !['famjs/AppendRows', 'Identity'].includes(name))
    .map(({ name, outputShapes }) => `${name} ${JSON.stringify(outputShapes)}`);
}

test('a token costs the same in longer blocks and beside a longer FAM', async () => {
  const expected = await kernelsOfToken({ blockSize: 64, famLength: 4 });
  expect(expected.length).toBeGreaterThan(10);
  for (const fam of [
    { blockSize: 1024, famLength: 4 },
    { blockSize: 64, famLength: 8 },
  ]) {
    expect(await kernelsOfToken(fam)).toEqual(expected);
  }
});

test('a session has tensors of its state and of nothing else', async () => {
  const model = smallLanguageModel();
  model.session().dispose();
  const { numBytes } = tf.memory();
  const session = model.session();
  const own = Object.values(stateTensors(session.state)).reduce((sum, { size }) => sum + 4 * size, 0);
  expect(tf.memory().numBytes - numBytes).toBe(own);
  session.dispose();
  model.dispose();
  tf.dispose(model.weights);
});
