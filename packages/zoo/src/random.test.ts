/** Random streams: the published generators, first draws that are uniform over seeds, purposes that are independent. */
import { describe, expect, test } from 'vitest';
import { hashOf, type Purpose, stream, xoshiro128 } from './random.ts';

/** χ² of counts against equal expectations. */
function chiSquared(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

function histogram(values: readonly number[], bins: number): number[] {
  const counts: number[] = Array(bins).fill(0);
  for (const value of values) counts[Math.floor(value * bins)]!++;
  return counts;
}

/** For 15 degrees of freedom: exceeded by one uniform sample in 10,000. */
const MOST = 44.3;

const seeds = Array.from({ length: 2000 }, (_, seed) => seed);
const purposes: Purpose[] = ['weights', 'data', 'noise', 'state passing', 'test keys'];

describe('the generators', () => {
  test('are the published ones', () => {
    expect([
      hashOf(''),
      hashOf('', 1),
      hashOf('aaaa', 0x9747b28c),
      hashOf('Hello, world!', 0x9747b28c),
    ]).toEqual([0, 0x514e28b7, 0x5a97808a, 0x24884cba]);
    expect(hashOf(['Hel', 'lo,', '', ' worl', 'd!'], 0x9747b28c)).toBe(0x24884cba);
    const next = xoshiro128([1, 2, 3, 4]);
    expect(Array.from({ length: 6 }, next)).toEqual([11520, 0, 5927040, 70819200, 2031721883, 1637235492]);
  });

  test('have the moments of the normal distribution', () => {
    const values = stream(3, 'noise').normals(100_001);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(variance - 1)).toBeLessThan(0.03);
  });
});

describe('a stream', () => {
  test.each([
    ['seeds', (n: number) => stream(n, 'data')],
    ['steps', (n: number) => stream(0, 'noise', n)],
    ['layers and blocks', (n: number) => stream(7, 'noise', 3, n % 40, Math.floor(n / 40))],
  ])('has first and second draws that are uniform over %s', (_, of) => {
    const draws = seeds.map((n) => {
      const random = of(n);
      return [random.uniform(), random.uniform()] as const;
    });
    for (const at of [0, 1] as const) {
      expect(
        chiSquared(
          histogram(
            draws.map((pair) => pair[at]),
            16,
          ),
        ),
      ).toBeLessThan(MOST);
    }
    const cells = draws.map(([first, second]) => (Math.floor(first * 4) + second) / 4);
    expect(chiSquared(histogram(cells, 16))).toBeLessThan(MOST);
  });

  test('chooses every one of a few from the first draw on', () => {
    const partners = seeds.map((seed) => 1 + stream(seed, 'noise', 0).below(7));
    expect(new Set(partners)).toEqual(new Set([1, 2, 3, 4, 5, 6, 7]));
    expect(new Set(seeds.map((seed) => stream(seed, 'data').below(2 ** 32))).size).toBe(seeds.length);
  });

  test('has nothing in common with one of another purpose', () => {
    for (const [i, one] of purposes.entries()) {
      for (const other of purposes.slice(i + 1)) {
        const cells = seeds.map((seed) => {
          const [a, b] = [stream(seed, one).uniform(), stream(seed, other).uniform()];
          return (Math.floor(a * 4) + b) / 4;
        });
        expect(chiSquared(histogram(cells, 16))).toBeLessThan(MOST);
      }
    }
  });

  test('does not depend on who drew before', () => {
    const alone = stream(5, 'data', 2).normals(8);
    stream(5, 'noise', 2).normals(100);
    const [first, second] = [stream(5, 'data', 2), stream(5, 'data', 3)];
    second.normals(3);
    expect(first.normals(8)).toEqual(alone);
  });

  test('is another where any part of its name is', () => {
    const names = [[], [0], ['0'], [0, 1], [1, 0], [-1], [0.5]];
    expect(new Set(names.map((name) => stream(1, 'data', ...name).uniform())).size).toBe(names.length);
  });
});
