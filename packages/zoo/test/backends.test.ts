/** A session that is started on one backend, saved, and continued on another ends where one that never moved does. */
import { setBackend } from '@famjs/backends';
import { describeEachBackend, expectClose, startedBackends } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { test } from 'vitest';
import { packState, type Session, startSession, unpackState } from '../src/index.ts';
import { smallModel, someTokens } from './small-model.ts';

const tolerance = { relative: 1e-5, absolute: 1e-6 };

/** In the middle of a block, with FAM, memory segments and two rows. */
const text = [someTokens(45), someTokens(45, 3)];
const [first, rest] = [text.map((row) => row.slice(0, 29)), text.map((row) => row.slice(29))];

async function ended(session: Session): Promise<number[]> {
  const logits = (await session.logits())!.flatMap((row) => Array.from(row));
  session.dispose();
  tf.dispose(session.model.weights);
  return logits;
}

/** What the first half of the text leaves behind. */
async function savedHere(): Promise<Uint8Array> {
  const session = startSession(smallModel(), { rows: 2 });
  await session.read(first);
  const bytes = await packState(session.state);
  await ended(session);
  return bytes;
}

describeEachBackend('a session started', (start) => {
  test.each(startedBackends.filter((name) => name !== start))('goes on, saved, on %s', async (other) => {
    const straight = startSession(smallModel(), { rows: 2 });
    await straight.read(text);
    const expected = await ended(straight);
    const bytes = await savedHere();
    await setBackend(other);
    try {
      const { config, weights } = smallModel();
      const session = startSession({ config, weights }, {}, unpackState(bytes, config));
      await session.read(rest);
      await expectClose(await ended(session), expected, tolerance, 'logits');
    } finally {
      await setBackend(start);
    }
  });
});
