/** Training batches of the PassKey test. */
import { famConfig } from '@famjs/layer';
import { inMemory } from '@famjs/trainer';
import { describe, expect, test } from 'vitest';
import { parseRunFile, passKeyModels, passKeyRecipe, passKeyTask, passKeyText } from '../src/index.ts';
import { tokenizer } from './small-model.ts';

const text = passKeyText(tokenizer);
const stages = [
  { steps: 5, blocks: [2, 2], blocksPerBatch: 64, rows: [8, 32] },
  { steps: 5, blocks: [3, 9], blocksPerBatch: 40, rows: [2, 16] },
] as const;

describe('a batch', () => {
  const batches = Array.from({ length: 10 }, (_, step) => passKeyTask(text, 64, stages).batch(step, 0));

  test('has the lengths and rows of its stage', () => {
    for (const { rows, length, tokens } of batches.slice(0, 5))
      expect([rows, length, tokens.length]).toEqual([32, 128, 4096]);
    for (const { rows, length } of batches.slice(5)) {
      const blocks = length / 64;
      expect(blocks).toBeGreaterThanOrEqual(3);
      expect(blocks).toBeLessThanOrEqual(9);
      expect(rows).toBe(Math.max(2, Math.min(16, Math.floor(40 / blocks))));
    }
  });

  test('tells a key, and asks for it and for its second mention', () => {
    for (const { rows, length, tokens, targets, score } of batches) {
      const all = [...targets.places.keys()];
      for (let row = 0; row < rows; row++) {
        const mine = all.filter((i) => Math.floor(targets.places[i]! / length) === row);
        // First the key's second mention, then the answer.
        const [mentioned, asked] = [mine.slice(0, 5), mine.slice(5)];
        const key = text.digits(asked.map((i) => targets.labels[i]!));
        expect([...tokens.slice(row * length, row * length + 52)]).toEqual(text.head(key));
        expect(text.digits(mentioned.map((i) => targets.labels[i]!))).toBe(key);
        for (const i of mine) expect(tokens[targets.places[i]! + 1]).toBe(targets.labels[i]);
        const answerAt = targets.places[asked[0]!]! + 1;
        expect([...tokens.slice(answerAt - text.question.length, answerAt)]).toEqual(text.question);
      }
      expect(score!(targets.labels)).toEqual({ digits: 1, keys: 1 });
      // One digit of the first row's answer is wrong, and all second mentions, which do not count.
      const predicted = targets.labels.map((label, i) => (i === 5 || i % 10 < 5 ? 0 : label));
      expect(score!(predicted)).toEqual({ digits: 1 - 1 / (5 * rows), keys: 1 - 1 / rows });
    }
  });

  test('asks everywhere in a block, across borders too', () => {
    const offsets = new Set(batches.flatMap(({ targets }) => [...targets.places].map((place) => place % 64)));
    expect(offsets.size).toBeGreaterThan(50);
  });

  test('follows from seed and step alone', () => {
    const task = passKeyTask(text, 64, stages);
    const batch = task.batch(7, 9);
    task.batch(6, 9);
    const { tokens, targets } = task.batch(7, 9);
    expect({ tokens, targets }).toEqual({ tokens: batch.tokens, targets: batch.targets });
  });
});

test('what books say counts as much as it is told to, and what is told of keys does not count twice', async () => {
  // Numbers beside the words' own tokens: each place of the book says which one it is.
  const book = Int32Array.from({ length: 1000 }, (_, i) => 1000 + i);
  const source = inMemory([{ tokens: book }]);
  const batchWith = (language: number) =>
    passKeyTask(text, 64, stages, { books: [source], language }).batch(2, 0);
  const [keys, both] = [await batchWith(0), await batchWith(2)];
  const [before, { places, labels, weights }] = [keys.targets.places.length, both.targets];
  expect(both.tokens).toEqual(keys.tokens);
  expect(labels.slice(0, before)).toEqual(keys.targets.labels);

  const said = (token: number) => token >= 1000;
  const foretold = [...both.tokens.keys()].filter(
    (at) => (at + 1) % both.length !== 0 && said(both.tokens[at]!) && said(both.tokens[at + 1]!),
  );
  expect(foretold.length).toBeGreaterThan(500);
  expect([...places.slice(before)]).toEqual(foretold);
  expect([...labels.slice(before)]).toEqual(foretold.map((at) => both.tokens[at + 1]));
  expect(weights.slice(before).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(2, 5);

  // A book goes on at its beginning where it ends.
  const short = inMemory([{ tokens: book.subarray(0, 40) }]);
  const { tokens } = await passKeyTask(text, 64, stages, { books: [short] }).batch(2, 0);
  const steps = [...tokens.keys()].filter((at) => said(tokens[at]!) && said(tokens[at + 1] ?? 0));
  const ends = steps.filter((at) => (at + 1) % both.length !== 0 && tokens[at] === 1039);
  expect(ends.length).toBeGreaterThan(10);
  for (const at of ends) expect(tokens[at + 1]).toBe(1000);
  const none = inMemory([{ tokens: [] }]);
  expect(() => passKeyTask(text, 64, stages, { books: [none] })).toThrow(/A book has no tokens/);

  const stage = { steps: 1, blocks: [2, 2], rows: 1, rate: 1 };
  const withoutBooks = { model: 'm', train: 'lora', task: { name: 'passkey', language: 1 }, stages: [stage] };
  expect(() => parseRunFile(withoutBooks, 'run.yaml')).toThrow(/language: expected books beside it/);
});

test('a stage may have blocks of its own, in which its batches are read', () => {
  const small = { ...stages[0], blockSize: 48 };
  const task = passKeyTask(text, 64, [small, stages[1]]);
  const [first, later] = [task.batch(0, 0), task.batch(5, 0)];
  expect([first.length, first.blockSize]).toEqual([2 * 48, 48]);
  expect([later.length % 64, later.blockSize]).toEqual([0, 64]);
});

test('the recipe of the paper has the paper’s means and the same budget', () => {
  const [fam, paper] = (['fam', 'paper'] as const).map((name) => passKeyRecipe(name, tokenizer));
  expect(paper!.config).toEqual({ ...fam!.config, fam: famConfig({ blockSize: 64, famLength: 8 }) });
  expect(paper!.training).toEqual({
    ...fam!.training,
    randomStatePassing: 0.8,
    disturbance: {},
  });
});

test('the models of the recipe differ in memory only', () => {
  const [fam, ...others] = passKeyModels.map((name) => passKeyRecipe(name, tokenizer));
  expect(fam!.config.fam).toMatchObject({ famLength: 8, memorySegments: 0 });
  others.forEach((recipe, segments) => {
    expect(recipe.config).toEqual({
      ...fam!.config,
      trainedContext: 64 * (segments + 1),
      fam: { ...fam!.config.fam, famLength: 0, memorySegments: segments },
    });
    expect(recipe.training).toEqual(fam!.training);
  });
  expect(() => passKeyRecipe('bswa9', tokenizer)).toThrow(/bswa9/);
});
