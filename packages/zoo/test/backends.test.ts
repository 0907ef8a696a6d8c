/** A session that is started on one backend, saved, and continued on another ends where one that never moved does. */
import { setBackend } from '@famjs/backends';
import { describeEachBackend, expectClose, startedBackends } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { test } from 'vitest';
import type { LanguageModel, Session } from '../src/index.ts';
import { smallLanguageModel, someTokens } from './small-model.ts';

const tolerance = { relative: 1e-5, absolute: 1e-6 };

/** In the middle of a block, with FAM, memory segments and two rows. */
const text = [someTokens(45), someTokens(45, 3)];
const [first, rest] = [text.map((row) => row.slice(0, 29)), text.map((row) => row.slice(29))];

async function ended(session: Session): Promise<number[]> {
  const logits = (await session.logits())!.flatMap((row) => Array.from(row));
  end(session.model);
  session.dispose();
  return logits;
}

function end(model: Pick<LanguageModel, 'dispose' | 'weights'>): void {
  model.dispose();
  tf.dispose(model.weights);
}

describeEachBackend('a session started', (start) => {
  test.each(startedBackends.filter((name) => name !== start))('goes on, saved, on %s', async (other) => {
    const straight = smallLanguageModel().session({ rows: 2 });
    await straight.read(text);
    const expected = await ended(straight);
    const session = smallLanguageModel().session({ rows: 2 });
    await session.read(first);
    const bytes = await session.save();
    const saved = await ended(session);
    await setBackend(other);
    try {
      const restored = await smallLanguageModel().restore(bytes);
      await expectClose(
        (await restored.logits())!.flatMap((row) => [...row]),
        saved,
        tolerance,
        'logits',
      );
      await restored.read(rest);
      await expectClose(await ended(restored), expected, tolerance, 'logits');
    } finally {
      await setBackend(start);
    }
  });
});
