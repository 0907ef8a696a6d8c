/** A learned memory of a frozen model: nothing else is trained, every variant with a memory takes it, and it opens as a session. */
import { setBackend } from '@famjs/backends';
import { type FamChoices, type Preset, startState, stateTensors } from '@famjs/layer';
import { expectClose } from '@famjs/testing';
import { initialMemory, languageModel, learnedSession, stackOf } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { disposeTraining, freshTraining, train } from '../src/index.ts';
import { copyTask, tinyConfigOf, tinyTraining, tinyWeights } from './tiny.ts';

beforeAll(() => setBackend('wasm'));

const variants: [Preset, Partial<FamChoices>][] = [
  ['fam-norm', { norm: 'initial' }],
  ['fam-n', { visible: 2 }],
  ['sum', { visible: 2 }],
  ['fam-prefix', {}],
  ['rmt', { memorySegments: 0 }],
  ['autocompressor', { memorySegments: 0 }],
];

test.each(variants)('a memory of %s is learned, and the model reads on from it', async (variant, choices) => {
  const config = tinyConfigOf({ variant, ...choices });
  const weights = tinyWeights(0, config);
  const memory = initialMemory({ config, weights });
  const base = languageModel({ config, weights });
  const state = freshTraining({ ...weights, ...memory }, 0, (name) => Object.hasOwn(memory, name));
  const begun = await Promise.all(Object.values(memory).map((tensor) => tensor.data()));
  const training = tinyTraining({ steps: 2, disturbance: {}, restarts: [], rate: 1e-2 });
  // Lanes of which one begins anew at each step, as documents do.
  const run = { config, task: copyTask(3, 12, [true, false, true]), training };
  for await (const _ of train(run, state));

  expect(state.trainable).toEqual(Object.keys(memory).sort());
  for (const [name, tensor] of Object.entries(weights)) expect(state.weights[name]).toBe(tensor);
  for (const [i, name] of Object.keys(memory).entries())
    expect(await state.weights[name]!.data(), name).not.toEqual(begun[i]);

  const trained = { config, weights: state.weights };
  const count = tf.memory().numTensors;
  const bytes = await learnedSession(trained, base);
  expect(tf.memory().numTensors).toBe(count);
  const session = await base.restore(bytes);
  expect([session.length, session.state.rows[0]!.updates]).toEqual([0, config.fam.variant.visible]);
  const expected = tf.tidy(() => {
    const start = startState(stackOf(trained), 1);
    return stateTensors(start);
  });
  const held = stateTensors(session.state);
  expect(Object.keys(held).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, tensor] of Object.entries(expected))
    await expectClose(held[name]!, await tensor.data(), { relative: 0, absolute: 0 }, name);

  const text = Array.from({ length: 11 }, (_, i) => (3 * i) % 7);
  const scoreOf = async (from: typeof session) => (await from.score(text)).logProbabilities.slice(1);
  const shared = languageModel(trained);
  const scores = await scoreOf(session);
  await expectClose(scores, await scoreOf(shared.session()), { relative: 1e-6, absolute: 1e-6 }, variant);
  expect(scores).not.toEqual(await scoreOf(base.session()));
  tf.dispose([expected, weights]);
  disposeTraining(state);
});

test('a model without a memory has none to learn', () => {
  const config = tinyConfigOf({ variant: 'bswa', famLength: 0 });
  const weights = tinyWeights(0, config);
  expect(initialMemory({ config, weights })).toEqual({});
  expect(() => freshTraining(weights, 0, (name) => name.startsWith('fam.state.'))).toThrow('None of');
  tf.dispose(weights);
});
