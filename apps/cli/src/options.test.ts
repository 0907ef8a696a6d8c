/** Numbers as people write them. */
import { ConfigError } from '@famjs/backends';
import { expect, test } from 'vitest';
import { positiveNumber, wholeNumber } from './options.ts';

const whole = wholeNumber('--keys', 0, 1e9);
const positive = positiveNumber('--tolerance');

test.each([
  ['0', 0],
  ['42', 42],
  ['10k', 10_000],
  ['1.1M', 1_100_000],
  ['2K', 2000],
  ['1e6', 1_000_000],
])('%s is %d', (text, number) => {
  expect(whole(text)).toBe(number);
});

test.each(['1e-4', '0.5', '10k', '1.5M'])('%s is a number above 0', (text) => {
  expect(positive(text)).toBeGreaterThan(0);
});

test.each(['', 'k', '-1', '0x10', '1.5', '2 k', '3G', 'NaN', 'Infinity', '1..5', '2e9'])(
  '%j is refused',
  (text) => {
    expect(() => whole(text)).toThrow(ConfigError);
  },
);

test.each(['0', '-1', 'x', ''])('%j is not above 0', (text) => {
  expect(() => positive(text)).toThrow(ConfigError);
});
