/** famjs bench: its report, here and in a browser, and what it refuses. */
import { expect, test } from 'vitest';
import { famjs } from './famjs.ts';

const here = import.meta.dirname;
const quick = ['bench', 'attention', '--backend', 'wasm', '--rounds', '3', '--only', 'block of 64'];

interface Timed {
  name: string;
  milliseconds: number[];
  peakBytes: number;
}

/** Three numbers above 0 that do not fall. */
const expectQuartiles = (numbers: number[]) => {
  expect(numbers).toHaveLength(3);
  expect(numbers[0]).toBeGreaterThan(0);
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
};

test.each([
  ['here', [], 'Node'],
  ['in a browser', ['--page', '--software'], 'Chrome'],
])('famjs bench --json reports both contenders %s', async (_, options, platform) => {
  const { status, stdout, stderr } = await famjs([...quick, ...options, '--json'], here);
  expect(stderr).toContain('times faster');
  expect(status).toBe(0);
  const { benchmark, rounds, machine, runs } = JSON.parse(stdout);
  expect({ benchmark, rounds, node: machine.node }).toEqual({
    benchmark: 'attention',
    rounds: 3,
    node: process.version,
  });
  expect(runs).toHaveLength(1);
  expect(runs[0].backend.name).toBe('wasm');
  expect(runs[0].platform).toContain(platform);
  expect(runs[0].results.map(({ pass }: { pass: string }) => pass)).toEqual(['forward', 'with gradient']);
  for (const { ours, peer, timesFaster } of runs[0].results) {
    for (const { milliseconds, peakBytes } of [ours, peer] as Timed[]) {
      expectQuartiles(milliseconds);
      expect(peakBytes).toBeGreaterThan(0);
    }
    expectQuartiles(timesFaster);
    expect(ours.peakBytes).toBeLessThan(peer.peakBytes);
  }
});

test('the table names both contenders and what was measured', async () => {
  const { stdout } = await famjs(quick, here);
  for (const word of ['wasm', 'kernel, plain TF.js', 'with gradient', 'times faster'])
    expect(stdout).toContain(word);
});

test.each([
  ['an unknown benchmark', ['bench', 'speed'], 'ConfigError'],
  ['contests that are not there', ['bench', 'attention', '--only', 'nothing'], 'ConfigError'],
  ['an unknown backend', ['bench', '--backend', 'abacus'], 'BackendUnavailableError'],
  [
    'an unknown backend for a real model',
    ['bench', 'model', 'passkey-fam', '--text', 'README.md', '--backend', 'abacus'],
    'BackendUnavailableError',
  ],
  [
    'a backend that no browser has',
    ['bench', '--backend', 'tensorflow', '--page'],
    'BackendUnavailableError',
  ],
  ['a browser that is none', ['bench', '--page', '--browser', '/nowhere/chrome'], 'BackendUnavailableError'],
])('%s is refused', async (_, args, error) => {
  const { status, stdout, stderr } = await famjs(args, here);
  expect(stderr).toMatch(new RegExp(`${error}: .+\\n  expected: .+\\n  to do: +.+\\n$`));
  expect(stdout).toBe('');
  expect(status).toBe(1);
});
