/** Every variant goes on from a saved session, a fork and a broken read as if nothing had come between (invariants 9 and 11). */
import { setBackend } from '@famjs/backends';
import { type FamChoices, presets } from '@famjs/layer';
import { expectClose } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import type { Session } from '../src/index.ts';
import { smallLanguageModel, someTokens } from './small-model.ts';

await setBackend('wasm');

/** What a preset needs, or refuses, beside what the small model has. */
const settings: Partial<Record<(typeof presets)[number], Partial<FamChoices>>> = {
  bswa: { famLength: 0 },
  swa: { famLength: 0, window: 11 },
  txl: { famLength: 0, memorySegments: 2 },
  'fam-n': { visible: 3 },
  sum: { visible: 2 },
  fm: { famLength: 0 },
  rmt: { memorySegments: 0 },
  autocompressor: { memorySegments: 0, maxSummaries: 3 },
};

const choices: [string, Partial<FamChoices>][] = [
  ...presets.map((variant): [string, Partial<FamChoices>] => [variant, { variant, ...settings[variant] }]),
  ['fam with sinks', { variant: 'fam', sinks: 2 }],
  ['bswa with sinks', { variant: 'bswa', famLength: 0, memorySegments: 2, sinks: 3 }],
  ['fam at zero', { variant: 'fam', position: 'zero' }],
  ['fam floating', { variant: 'fam', position: 'float' }],
];

const end = async (session: Session) => (await session.logits())!.flatMap((row) => [...row]);
const rows = (from: number, to: number) => [someTokens(to - from, from), someTokens(to - from, from + 4)];
const tolerance = { relative: 1e-5, absolute: 1e-5 };

test.each(choices)('%s', async (_, fam) => {
  const model = smallLanguageModel(fam);
  const { numTensors } = tf.memory();
  const straight = model.session({ rows: 2 });
  await straight.read(rows(0, 61));
  const expected = await end(straight);
  let session = model.session({ rows: 2 });
  let read = 0;
  for (const to of [5, 8, 29, 50, 61]) {
    await session.read(rows(read, to));
    read = to;
    const aside = session.fork();
    await aside.read(rows(3, 14));
    aside.dispose();
    const signal = AbortSignal.abort();
    await expect(session.read(rows(0, 20), { signal })).rejects.toThrow();
    const [bytes, logits] = [await session.save(), await end(session)];
    session.dispose();
    session = await model.restore(bytes);
    expect(await end(session)).toEqual(logits);
  }
  await expectClose(await end(session), expected, tolerance, 'logits');
  for (const each of [straight, session]) each.dispose();
  model.dispose();
  expect(tf.memory().numTensors).toBeLessThanOrEqual(numTensors);
  tf.dispose(model.weights);
});
