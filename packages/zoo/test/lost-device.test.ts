/** A session goes on from its saved state after the GPU went away, on a fresh one or on another backend. */
import { DeviceLostError, setBackend } from '@famjs/backends';
import { describeEachGpu, expectClose, loseDevice } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { smallLanguageModel, someTokens } from './small-model.ts';

describeEachGpu('a session on a lost device', (backend) => {
  test.each([backend, 'wasm'] as const)('goes on from the saved state on %s', async (next) => {
    const model = smallLanguageModel();
    const session = model.session();
    await session.read(someTokens(12));
    const saved = await session.save();
    await session.read(someTokens(3, 12));
    const [expected] = (await session.logits())!;

    const before = tf.memory().numTensors;
    await loseDevice();
    await expect(session.read(someTokens(9, 15))).rejects.toThrow(DeviceLostError);
    await expect(session.logits()).rejects.toThrow(DeviceLostError);
    expect(tf.memory().numTensors).toBe(before);
    session.dispose();
    model.dispose();
    tf.dispose(model.weights);

    await setBackend(next);
    const again = smallLanguageModel();
    const resumed = await again.restore(saved);
    await resumed.read(someTokens(3, 12));
    const [logits] = (await resumed.logits())!;
    await expectClose(logits!, expected!, { relative: 1e-4, absolute: 1e-5 });
    resumed.dispose();
    again.dispose();
    tf.dispose(again.weights);
  });
});
