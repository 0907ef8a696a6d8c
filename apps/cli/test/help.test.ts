/** The command line explains itself. */
import { expect, test } from 'vitest';
import { famjs, startFamjs } from './famjs.ts';

const here = import.meta.dirname;

test('famjs --help names every command', async () => {
  const { status, stdout } = await famjs(['--help'], here);
  expect(status).toBe(0);
  for (const command of [
    'chat',
    'generate',
    'score',
    'serve',
    'pull',
    'cache',
    'merge',
    'convert',
    'passkey',
    'train',
    'eval',
    'parity',
    'bench',
    'info',
    'doctor',
    'setup',
  ])
    expect(stdout).toContain(`  ${command} `);
});

test.each([
  ['chat', ['/read <file>', 'Ctrl-C', '--fam-length', 'Examples']],
  ['generate', ['chat templates', '--temperature', '--context', 'Examples']],
  ['score', ['perplexity', '--max-tokens', 'Examples']],
  ['serve', ['X-Conversation-Id', 'FAMJS_API_KEY', '--fam-length', 'Examples']],
  ['pull', ['owner/name@revision', 'HF_TOKEN', 'Ctrl-C', 'Examples']],
  ['cache', ['HF_HOME', 'remove', 'Examples']],
  ['merge', ['transformers', '--adapter', 'Examples']],
  ['convert', ['What is written', '--dtype', 'Examples']],
  ['passkey', ['What the numbers mean', '--max-filler', '--train', 'Examples']],
  ['train', ['Recipes', 'Checkpoints', '--fresh', 'Examples']],
  ['eval', ['.gguf file', '--keys', '--dtype', 'Examples']],
  ['bench', ['Benchmarks', 'times faster', '--page', 'Examples']],
  ['info', ['flan-palm-1b', 'What the numbers mean', '--fam-length', 'Examples']],
  ['doctor', ['What is examined', '--json', 'Examples']],
  ['setup tensorflow', ['What it needs', '--cuda', 'Examples']],
  ['parity', ['Schedules', '--tolerance', 'logits.<backend>.<schedule>', 'Examples']],
])('famjs %s --help teaches', async (command, topics) => {
  const { status, stdout } = await famjs([...command.split(' '), '--help'], here);
  expect(status).toBe(0);
  for (const topic of topics) expect(stdout).toContain(topic);
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

test.each([
  [['passkey', '--kesy', '3'], '--keys'],
  [['trian', 'fam'], 'Did you mean train?'],
  [['hepl'], 'Did you mean help?'],
  [['--verison'], 'Did you mean --version?'],
])('a slip of the fingers, %j, gets a hint', async (args, hint) => {
  const { status, stdout, stderr } = await famjs(args, here);
  expect(status).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toContain(hint);
});

test('famjs help is --help, of a command too', async () => {
  expect(await famjs(['help'], here)).toEqual(await famjs(['--help'], here));
  expect(await famjs(['help', 'train'], here)).toEqual(await famjs(['train', '--help'], here));
});

test('help loads nothing that computes', async () => {
  const trace = ['env', 'NODE_DEBUG=esm'];
  const { stderr } = await startFamjs(['--help'], here, trace).ended;
  expect(stderr).toContain('commander');
  expect(stderr).not.toMatch(/tfjs|jsdom/);
});
