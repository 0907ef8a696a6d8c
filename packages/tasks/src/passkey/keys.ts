/** Pass keys: nine tenths of them for training, a tenth for tests, whatever the run and its seed. */
import { ConfigError, require } from '@famjs/backends';
import { hashOf, type Random, stream } from '@famjs/zoo';
import { KEY_DIGITS } from './text.ts';

const keyOf = (number: number) => String(number).padStart(KEY_DIGITS, '0');

/** Whether a key is reserved for tests, which a hash of the key alone decides: training never draws it. */
export const isTestKey = (key: string): boolean => hashOf(key) % 10 === 0;

/** A key to train on: five digits, any but those reserved for tests. */
export function drawTrainingKey(random: Random): string {
  for (;;) {
    const key = keyOf(random.below(10 ** KEY_DIGITS));
    if (!isTestKey(key)) return key;
  }
}

/**
 * `count` different keys that no training has seen, in an order that the seed determines.
 *
 * @throws ConfigError when there are not so many
 */
export function drawTestKeys(count: number, seed: number): string[] {
  const keys = Array.from({ length: 10 ** KEY_DIGITS }, (_, number) => keyOf(number)).filter(isTestKey);
  require(Number.isInteger(count) && count >= 1 && count <= keys.length, ConfigError, () => ({
    wrong: `${count} test keys were asked for.`,
    expected: `from 1 to ${keys.length}: so many of the ${10 ** KEY_DIGITS} keys are reserved for tests.`,
    remedy: 'ask for fewer keys.',
  }));
  const random = stream(seed, 'test keys');
  for (let i = 0; i < count; i++) {
    const other = i + random.below(keys.length - i);
    [keys[i], keys[other]] = [keys[other]!, keys[i]!];
  }
  return keys.slice(0, count);
}
