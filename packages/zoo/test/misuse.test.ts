/** Wrong use is never silent: a named error says what was wrong, what was expected and what to do, and nothing has changed. */
import { FamError, setBackend } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, test } from 'vitest';
import { languageModel, type Session } from '../src/index.ts';
import { smallLanguageModel, smallModel } from './small-model.ts';

await setBackend('wasm');

const model = smallLanguageModel();
let session: Session;
beforeEach(async () => {
  session = model.session();
  await session.read('ab a');
});

/** Holds that a call is refused by an error of this name and words, and leaves nothing behind. */
async function refused(call: () => unknown, name: string, words: string | RegExp): Promise<void> {
  const before = [tf.memory().numTensors, session.length];
  const caught = (await (async () => call())().catch((caught) => caught)) as Error;
  expect(caught).toBeInstanceOf(FamError);
  expect(caught).toMatchObject({ name, complaint: { expected: expect.stringMatching(/\.$/) } });
  expect(caught.message).toMatch(words);
  expect([tf.memory().numTensors, session.length]).toEqual(before);
}

/** Calls with what the types would not let through. */
const wild = (value: unknown) => value as never;
const first = (steps: AsyncGenerator<unknown>) => steps.next();

describe('a model refuses', () => {
  test.each([
    [{ schedule: 'scam' }, /schedule: .*"scan"/],
    [{ blocksPerScan: 0 }, /blocksPerScan: .*>=1/],
    [{ blocksPerScan: 1.5 }, 'blocksPerScan'],
    [{ rows: 0 }, 'rows'],
    [{ rows: Number.NaN }, 'rows'],
    [{ origin: -1 }, 'origin'],
    [{ row: 2 }, '"row"'],
    [5, 'these are no options'],
    [null, 'these are no options'],
  ])('the options %j for a session', (options, words) =>
    refused(() => model.session(wild(options)), 'ConfigError', words),
  );

  test('a state or a session for its options', async () => {
    await refused(() => model.session(wild(session.state)), 'ConfigError', '"filled"');
    await refused(() => model.session(wild(session)), 'ConfigError', 'does not fit');
  });

  test('what is no saved session', async () => {
    const bytes = await session.save();
    await refused(
      () => model.restore(wild(bytes.buffer)),
      'CheckpointError',
      /type ArrayBuffer.*Uint8Array itself/,
    );
    await refused(
      () => model.restore(wild(Promise.resolve(bytes))),
      'CheckpointError',
      /type Promise.*await save\(\) first/,
    );
    await refused(() => model.restore(wild('bytes')), 'CheckpointError', 'a text');
    await refused(() => model.restore(wild(undefined)), 'CheckpointError', 'restore() got');
    await refused(() => model.restore(new Uint8Array(3)), 'CheckpointError', 'it has 3 bytes');
    await refused(() => model.restore(bytes, wild({ rows: 2 })), 'ConfigError', '"rows"');
  });
});

describe('a session refuses', () => {
  test.each([
    [5, 'TokenError', 'got 5'],
    [{}, 'TokenError', 'got [object Object]'],
    [undefined, 'TokenError', 'got undefined'],
    [Promise.resolve('ab'), 'TokenError', 'await what is a promise'],
    [[], 'ShapeError', 'got 0 rows'],
    ['', 'ShapeError', 'nothing to read'],
    [new Int32Array(), 'ShapeError', 'nothing to read'],
    [[1, 'ab'], 'TokenError', 'Token 1 is ab'],
    [[1, 11], 'TokenError', 'Token 1 is 11'],
    [[0.5], 'TokenError', 'Token 0 is 0.5'],
    [[1n, 2n], 'TokenError', 'Token 0 is 1'],
    [BigInt64Array.of(1n), 'TokenError', /BigInt64Array.*Int32Array\.from\(tokens, Number\)/],
    [Int32Array.of(1, 2).buffer, 'TokenError', /ArrayBuffer.*new Int32Array\(buffer\)/],
    [new DataView(new ArrayBuffer(4)), 'TokenError', 'DataView'],
    [['ab', 'a'], 'ShapeError', 'got 2 rows, for a session of 1'],
    [[['ab']], 'TokenError', 'Token 0 is ab'],
  ])('to read %o', (input, name, words) => refused(() => session.read(wild(input)), name, words));

  test('options that read() does not have', async () => {
    const { signal } = new AbortController();
    await refused(() => session.read('ab', wild(signal)), 'ConfigError', 'these are no options');
    await refused(() => session.read('ab', wild({ onprogress: () => {} })), 'ConfigError', '"onprogress"');
    await refused(() => session.read('ab', wild({ signal: 5 })), 'ConfigError', 'is no AbortSignal');
  });

  test.each([
    [undefined],
    [5],
    [{}],
    [{ limit: 5 }],
    [{ maxTokens: 0 }],
    [{ maxTokens: Number.POSITIVE_INFINITY }],
    [{ maxTokens: 5, temperature: -1 }],
    [{ maxTokens: 5, temperature: Number.NaN }],
    [{ maxTokens: 5, topK: 0 }],
    [{ maxTokens: 5, topP: 0 }],
    [{ maxTokens: 5, minP: 2 }],
    [{ maxTokens: 5, seed: 0.5 }],
    [{ maxTokens: 5, stop: '' }],
    [{ maxTokens: 5, stop: [5] }],
    [{ maxTokens: 5, topk: 3 }],
  ])('to generate with %j', async (options) => {
    await refused(() => first(session.generate(wild(options))), 'ConfigError', 'maxTokens');
    await refused(() => first(session.generate('ab', wild(options))), 'ConfigError', 'maxTokens');
    await refused(() => first(session.generateTokens(wild(options))), 'ConfigError', 'maxTokens');
    await refused(() => session.ask('ab', wild(options)), 'ConfigError', 'maxTokens');
  });

  test('to generate before anything was read', async () => {
    const empty = model.session();
    for (const steps of [empty.generate({ maxTokens: 3 }), empty.generateTokens({ maxTokens: 3 })]) {
      await refused(() => first(steps), 'ShapeError', 'before anything was read');
    }
    await refused(() => first(empty.generate('', { maxTokens: 3 })), 'ShapeError', 'nothing to read');
    empty.dispose();
  });

  test('one text for several rows, and text beside tokens', async () => {
    const rows = model.session({ rows: 2 });
    await refused(() => rows.read('ab'), 'ShapeError', 'one text, for a session of 2 rows');
    await refused(() => rows.read([1, 2]), 'ShapeError', 'the tokens of one text, for a session of 2 rows');
    await refused(() => rows.read(['ab', [4]]), 'ShapeError', 'text for 1 of 2 rows');
    await refused(() => rows.read(['ab']), 'ShapeError', 'got 1 rows');
    await refused(() => rows.read(['ab a', 'a']), 'ShapeError', 'The rows end at different places');
    await rows.read(['a', 'b']);
    await refused(() => first(rows.generate({ maxTokens: 3 })), 'ShapeError', 'a session of 2 rows');
    rows.dispose();
  });

  test('text without a tokenizer', async () => {
    const mute = languageModel({ ...smallModel(), name: 'mute' });
    const tokens = mute.session();
    await tokens.read([1, 2]);
    await refused(() => tokens.read('ab'), 'TokenError', 'the model mute has no tokenizer');
    await refused(() => first(tokens.generate({ maxTokens: 3 })), 'TokenError', 'without a tokenizer');
    tokens.dispose();
  });

  test('everything after its end, and that of its model', async () => {
    const other = smallLanguageModel();
    const late = other.session();
    await late.read('ab');
    other.dispose();
    await refused(() => late.read('ab'), 'DisposedError', 'The model small was disposed of');
    await refused(() => late.logits(), 'DisposedError', 'The model small');
    late.dispose();
    late.dispose();
    const calls: (() => unknown)[] = [
      () => late.read('ab'),
      () => late.logits(),
      () => late.save(),
      () => late.fork(),
      () => late.ask('ab', { maxTokens: 1 }),
      () => first(late.generate({ maxTokens: 1 })),
      () => late.state,
      () => late.length,
    ];
    for (const call of calls) await refused(call, 'DisposedError', 'after dispose()');
  });
});
