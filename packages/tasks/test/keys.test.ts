/** Pass keys: a tenth of them is for tests, and no training draws it. */
import { ConfigError } from '@famjs/backends';
import { stream } from '@famjs/zoo';
import { expect, test } from 'vitest';
import { drawTestKeys, drawTrainingKey, isTestKey, passKeyTask, passKeyText } from '../src/index.ts';
import { tokenizer } from './small-model.ts';

const all = Array.from({ length: 100_000 }, (_, number) => String(number).padStart(5, '0'));
const reserved = all.filter(isTestKey);

test('a tenth of all keys is reserved, evenly over first and last digits', () => {
  expect(Math.abs(reserved.length - 10_000)).toBeLessThan(300);
  for (const place of [0, 4]) {
    for (const digit of '0123456789') {
      const share = reserved.filter((key) => key[place] === digit).length / reserved.length;
      expect(Math.abs(share - 0.1)).toBeLessThan(0.02);
    }
  }
});

test('test keys are different, reserved ones, and fixed by the seed; others follow from other seeds', () => {
  const keys = drawTestKeys(1000, 4);
  expect(new Set(keys).size).toBe(1000);
  expect(keys.every(isTestKey)).toBe(true);
  expect(drawTestKeys(1000, 4)).toEqual(keys);
  const firsts = Array.from({ length: 50 }, (_, seed) => drawTestKeys(1, seed)[0]);
  expect(new Set(firsts).size).toBeGreaterThan(45);
});

test('as many keys as there are can be asked for, and no more', () => {
  expect(new Set(drawTestKeys(reserved.length, 0))).toEqual(new Set(reserved));
  for (const count of [reserved.length + 1, 0, 1.5])
    expect(() => drawTestKeys(count, 0)).toThrow(ConfigError);
});

test('training draws every other key and none of these', () => {
  const random = stream(0, 'data');
  expect(Array.from({ length: 20_000 }, () => drawTrainingKey(random)).some(isTestKey)).toBe(false);
  const stages = [{ steps: 1, blocks: [2, 2], blocksPerBatch: 64, rows: [32, 32] }] as const;
  const text = passKeyText(tokenizer);
  const task = passKeyTask(text, 64, stages);
  for (let step = 0; step < 20; step++) {
    const { rows, length, tokens } = task.batch(step, 3);
    for (let row = 0; row < rows; row++) {
      const head = [...tokens.slice(row * length, row * length + 52)];
      expect(isTestKey(text.digits(head).slice(0, 5))).toBe(false);
    }
  }
});
