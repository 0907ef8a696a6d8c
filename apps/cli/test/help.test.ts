/** The command line explains itself. */
import { expect, test } from 'vitest';
import { famjs } from './famjs.ts';

const here = import.meta.dirname;

test('famjs --help names every command', async () => {
  const { status, stdout } = await famjs(['--help'], here);
  expect(status).toBe(0);
  for (const command of ['passkey', 'train', 'eval', 'parity', 'bench', 'info', 'setup'])
    expect(stdout).toContain(`  ${command} `);
});

test.each([
  ['passkey', ['What the numbers mean', '--max-filler', '--train', 'Examples']],
  ['train', ['Recipes', 'Checkpoints', '--fresh', 'Examples']],
  ['eval', ['tokenizer.json', '--keys', 'Examples']],
  ['bench', ['Benchmarks', 'times faster', '--page', 'Examples']],
  ['setup tensorflow', ['What it needs', '--cuda', 'Examples']],
  ['parity', ['Schedules', '--tolerance', 'logits.<backend>.<schedule>', 'Examples']],
])('famjs %s --help teaches', async (command, topics) => {
  const { status, stdout } = await famjs([...command.split(' '), '--help'], here);
  expect(status).toBe(0);
  for (const topic of topics) expect(stdout).toContain(topic);
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

test('a slip of the fingers gets a hint', async () => {
  const { status, stderr } = await famjs(['passkey', '--kesy', '3'], here);
  expect(status).toBe(1);
  expect(stderr).toContain('--keys');
});
