/** Scores: counting, and Wilson's interval against its published values. */
import { expect, test } from 'vitest';
import { scorePassKey, shareOf } from '../src/index.ts';

test('counts keys and digits in their places', () => {
  const score = scorePassKey(['12345', '00000', '98765', '11111'], ['12345', '00001', '56789', '']);
  expect([score.exact.hits, score.exact.trials]).toEqual([1, 4]);
  expect([score.digits.hits, score.digits.trials]).toEqual([5 + 4 + 1, 20]);
});

test.each([
  [100, 100, 0.963, 1],
  [0, 100, 0, 0.037],
  [81, 263, 0.255, 0.366], // Newcombe (1998), Table I, method 3
  [15, 148, 0.0624, 0.1605],
])('the interval of %i in %i', (hits, trials, low, high) => {
  const share = shareOf(hits, trials);
  expect(share.share).toBe(hits / trials);
  expect(share.low).toBeCloseTo(low, 3);
  expect(share.high).toBeCloseTo(high, 3);
});
