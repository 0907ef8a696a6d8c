/** One's own text: cut without gaps, and learned with nothing but defaults. */
import { ConfigError, setBackend } from '@famjs/backends';
import { initialWeights, llamaConfig } from '@famjs/zoo';
import { beforeAll, expect, test } from 'vitest';
import { accuracyOf } from '../src/batch.ts';
import { disposeTraining, freshTraining, textTask, train } from '../src/index.ts';

beforeAll(() => setBackend('wasm'));

const tokens = Array.from({ length: 101 }, (_, i) => i);

test('pieces come from everywhere, and are to be predicted token by token', async () => {
  const task = textTask(tokens, { rows: 2, length: 10 });
  const begins = new Set<number>();
  for (let step = 0; step < 200; step++) {
    const batch = await task.batch(step, 1);
    expect(batch).toEqual(await task.batch(step, 1));
    expect(batch.continues).toBeUndefined();
    batch.targets.places.forEach((place, i) => {
      expect(batch.targets.labels[i]).toBe(batch.tokens[place]! + 1);
    });
    for (const row of [0, 1]) begins.add(batch.tokens[row * 10]!);
  }
  expect([Math.min(...begins), Math.max(...begins)]).toEqual([0, 90]);
});

test('lanes read parts of their own from beginning to end, then begin anew', async () => {
  const task = textTask(tokens, { rows: 2, length: 10, order: 'lanes' });
  const batches = await Promise.all([0, 1, 2, 3, 4, 5].map((step) => task.batch(step, 0)));
  expect(batches.map(({ tokens }) => [tokens[0], tokens[10]])).toEqual([
    [0, 50],
    [10, 60],
    [20, 70],
    [30, 80],
    [40, 90],
    [0, 50],
  ]);
  expect(batches.map(({ continues }) => continues)).toEqual(
    [false, true, true, true, true, false].map((goes) => [goes, goes]),
  );
});

test.each([
  ['a text that is too short', [1, 2], { length: 10 }],
  ['lanes that are too long', tokens, { rows: 11, length: 10, order: 'lanes' as const }],
  ['half a row', tokens, { rows: 0.5 }],
])('%s is refused', (_, text, options) => {
  expect(() => textTask(text, options)).toThrow(ConfigError);
});

test('accuracy counts each target by its weight', () => {
  const targets = { places: Int32Array.of(0, 1, 2), labels: Int32Array.of(5, 6, 7) };
  const score = (...weights: number[]) =>
    accuracyOf({ ...targets, weights: Float32Array.from(weights) })(Int32Array.of(5, 0, 7));
  expect(score(1, 2, 1)).toEqual({ accuracy: 0.5 });
  expect(score(0, 2, 0.5)).toEqual({ accuracy: 0.2 });
  expect(score(0, 0, 0)).toEqual({});
});

test.each([true, false])(
  'begins at the loss of equal chances, and learns: tied embeddings %s',
  async (tiedEmbeddings) => {
    const text = 'the grass is green. the sky is blue. the sun is yellow. '.repeat(40);
    const letters = [...new Set(text)];
    const config = llamaConfig({
      ...{
        layers: 2,
        width: 32,
        heads: 2,
        intermediateWidth: 64,
        vocabularySize: letters.length,
        tiedEmbeddings,
      },
      fam: { blockSize: 16, famLength: 4, variant: 'fam-norm' },
    });
    const task = textTask(
      [...text].map((letter) => letters.indexOf(letter)),
      { length: 64 },
    );
    const state = freshTraining(initialWeights(config, 0));
    const losses: number[] = [];
    const shares: number[] = [];
    for await (const event of train({ config, task, training: { steps: 80, rate: 5e-3 } }, state)) {
      if (event.type !== 'step') continue;
      losses.push(event.loss);
      shares.push(event.scores.accuracy!);
    }
    const uniform = Math.log(letters.length);
    expect(Math.abs(losses[0]! - uniform)).toBeLessThan(0.05 * uniform);
    expect(losses.at(-1)).toBeLessThan(0.3 * uniform);
    expect(shares[0]).toBeLessThan(0.3);
    expect(shares.at(-1)).toBeGreaterThan(0.7);
    disposeTraining(state);
  },
);
