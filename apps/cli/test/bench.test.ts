/** famjs bench: its report, here and in a browser, beside a peer, and what it refuses. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
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

test('bench model times a peer in turns by the clock that was asked for, and writing at two places of a text', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'famjs-bench-'));
  const at = (name: string) => path.join(folder, name);
  await writeFile(at('text.txt'), 'The grass is green. The sky is blue. '.repeat(80));
  await writeFile(
    at('peer.mjs'),
    `const say = (line) => console.log(JSON.stringify(line));
    say({ name: process.argv.slice(2).join(' '), loaded: 0.5 });
    for await (const line of (await import('node:readline')).createInterface({ input: process.stdin })) {
      const { tokens, write } = JSON.parse(line);
      say({ read: tokens.length * 1000, write: write * 2000, peakBytes: 3e6 });
    }`,
  );
  const args = ['bench', 'model', 'passkey-fam', '--text', at('text.txt'), '--tokens', '100', '--write', '4'];
  const more = ['--rounds', '2', '--flat', '200,700', '--clock', 'cpu', '--backend', 'wasm', '--json'];
  more.push('--beside', 'q8');
  const { status, stdout, stderr } = await famjs(
    [...args, ...more, '--peer', `node ${at('peer.mjs')} its name`],
    here,
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('100 tokens read') });
  const { clock, contenders, flat } = JSON.parse(stdout);
  expect(clock).toBe('cpu');
  const [ours, held, peer] = contenders;
  expect([ours.name, held.name]).toEqual(['FAM.js on wasm', 'FAM.js on wasm, q8']);
  expectQuartiles(held.speeds[100].write);
  expect(peer).toMatchObject({ name: 'its name --clock cpu', loaded: 0.5, peakBytes: 3e6 });
  expect(peer.speeds[100]).toEqual({ read: [0.001, 0.001, 0.001], write: [0.0005, 0.0005, 0.0005] });
  for (const kind of ['read', 'write']) {
    expectQuartiles(ours.speeds[100][kind]);
    expect(peer.ratios[100][kind][1] * peer.speeds[100][kind][1]).toBeCloseTo(ours.speeds[100][kind][1]);
  }
  const [near, far] = flat.states;
  expect([near.tokens, far.tokens]).toEqual([200, 700]);
  expect(far.stateBytes).toBe(near.stateBytes);
  expect(flat.ratios).toHaveLength(2);
});

test('bench training gives a peer the weights and batches of a run, and counts it only if it trains the same', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'famjs-bench-'));
  const peer = async (losses: readonly number[]) => {
    const file = path.join(folder, 'peer.mjs');
    await writeFile(
      file,
      `import { readFileSync } from 'node:fs';
      const say = (line) => console.log(JSON.stringify(line));
      const [folder, ...clock] = process.argv.slice(2);
      const { config, fam, trained, rate } = JSON.parse(readFileSync(folder + '/run.json'));
      const weights = readFileSync(folder + '/weights.safetensors');
      const names = Object.keys(JSON.parse(weights.subarray(8, 8 + Number(weights.readBigUInt64LE()))));
      const isWhole = trained.every((name) => names.includes(name)) && config.hidden_size === 64;
      say({ name: [isWhole, fam.memory_segments, rate, ...clock].join(' ') });
      const losses = ${JSON.stringify(losses)};
      for await (const line of (await import('node:readline')).createInterface({ input: process.stdin })) {
        const { rows, tokens, places, labels, weights } = JSON.parse(line);
        const fits = places.length === labels.length && labels.length === weights.length;
        say({ loss: fits ? losses.shift() : 0, seconds: tokens.length / 1000, peakBytes: 3e6 });
      }`,
    );
    return famjs([...args, '--peer', `node ${file}`], here);
  };
  const args = [
    'bench',
    'training',
    'bswa2',
    '--rounds',
    '2',
    '--clock',
    'cpu',
    '--backend',
    'wasm',
    '--json',
  ];
  // The losses of PyTorch 2.13, by tooling/peers/pytorch-train.py.
  const { status, stdout } = await peer([7.5300822, 7.0335836, 6.8144917]);
  expect(status).toBe(0);
  const [ours, theirs] = JSON.parse(stdout).contenders;
  expect(theirs).toMatchObject({ name: 'true 2 0.001 --clock cpu', peakBytes: 3e6 });
  expect(theirs.speed).toEqual([1000, 1000, 1000]);
  expectQuartiles(ours.speed);
  expect(theirs.ratio[1]).toBeGreaterThan(0);

  const other = await peer([7.5300822, 7.1]);
  expect(other.stderr).toContain('step 2 of "true 2 0.001 --clock cpu" has a loss of 7.1');
  expect(other).toMatchObject({ status: 1, stdout: '' });
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
