/** Bad input: each a named error that says what to do, a non-zero exit status, and nothing left half-written. */
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Ended, famjs, startFamjs } from './famjs.ts';
import { saveTinyModel, temporaryFolder } from './tiny-model.ts';

const { folder, remove } = temporaryFolder();
afterAll(remove);
const inFolder = (...parts: string[]) => path.join(folder, ...parts);

beforeAll(() => saveTinyModel(inFolder('sound')));

/** A copy of the model with one file changed on purpose: fam.json does not vouch for its files any more. */
function spoilt(name: string, file: string, change: (bytes: Buffer) => Buffer | string): string {
  cpSync(inFolder('sound'), inFolder(name), { recursive: true });
  const { files: _, ...fam } = JSON.parse(readFileSync(inFolder(name, 'fam.json'), 'utf8'));
  writeFileSync(inFolder(name, 'fam.json'), JSON.stringify(fam));
  writeFileSync(inFolder(name, file), change(readFileSync(inFolder(name, file))));
  return name;
}

const set = (values: object) => (bytes: Buffer) =>
  JSON.stringify({ ...JSON.parse(bytes.toString()), ...values });

function expectRefusal({ status, stdout, stderr }: Ended, error: string): void {
  expect(stderr).toMatch(new RegExp(`${error}: .+\\n  expected: .+\\n  to do: +.+\\n$`));
  expect(stdout).toBe('');
  expect(status).toBe(1);
}

const evaluated = (model: string, ...args: string[]) =>
  famjs(['eval', model, '--backend', 'cpu', '--max-filler', '100', '--keys', '2', ...args], folder);

describe('models', () => {
  test.each<[string, string, string, (bytes: Buffer) => Buffer | string]>([
    ['truncated', 'CheckpointError', 'model.safetensors', (bytes) => bytes.subarray(0, bytes.length / 2)],
    ['corrupt', 'CheckpointError', 'model.safetensors', (bytes) => Buffer.concat([Buffer.from('no'), bytes])],
    ['long-fam', 'ConfigError', 'fam.json', set({ fam_length: 65 })],
    ['uneven-heads', 'ConfigError', 'config.json', set({ num_key_value_heads: 3 })],
    ['odd-head', 'ConfigError', 'config.json', set({ head_dim: 15 })],
    ['nan', 'NonFiniteError', 'model.safetensors', (bytes) => bytes.fill(0xff, bytes.length - 4)],
  ])('%s is refused with a %s', async (name, error, file, change) => {
    expectRefusal(await evaluated(spoilt(name, file, change)), error);
    expect(existsSync(inFolder('reports'))).toBe(false);
  });

  test('a folder without a model is refused', async () => {
    expectRefusal(await evaluated('nowhere'), 'CheckpointError');
  });
});

describe('options', () => {
  test('an unknown backend', async () => {
    expectRefusal(await famjs(['eval', 'sound', '--backend', 'abacus'], folder), 'BackendUnavailableError');
  });

  test('books and a model for a recipe that has its own', async () => {
    const refused = await famjs(['train', 'fam', '--book', 'a.txt', '--model', 'sound'], folder);
    expectRefusal(refused, 'ConfigError');
    expect(refused.stderr).toContain('--model and --book cannot be given to fam');
  });

  test('filler that is no kind of it, and a text that is not there or empty', async () => {
    const refused = await evaluated('sound', '--filler', 'random');
    expectRefusal(refused, 'ConfigError');
    expect(refused.stderr).toContain('periodic, shuffled, or a text file');
    expectRefusal(await evaluated('sound', '--filler', 'nowhere.txt'), 'CheckpointError');
    writeFileSync(inFolder('empty.txt'), '');
    expectRefusal(await evaluated('sound', '--filler', 'empty.txt'), 'TokenError');
    expect(existsSync(inFolder('reports'))).toBe(false);
  });

  test('a number that is none', async () => {
    expectRefusal(await evaluated('sound', '--seed', 'x'), 'ConfigError');
  });

  test('a backend that only browsers have', async () => {
    for (const command of [['eval', 'sound'], ['bench'], ['parity', 'sound', '--tokens', 'none.json']]) {
      const option = command[0] === 'parity' ? '--backends' : '--backend';
      const ended = await famjs([...command, option, 'webgl'], folder);
      expectRefusal(ended, 'BackendUnavailableError');
      expect(ended.stderr).toContain('browsers only');
    }
  });

  test.each(['file', 'file/model'])(
    '--out %s of a training run, before anything is computed',
    async (out) => {
      writeFileSync(inFolder('file'), 'kept');
      expectRefusal(await famjs(['train', 'fam', '--backend', 'cpu', '--out', out], folder), 'StorageError');
      expect(readFileSync(inFolder('file'), 'utf8')).toBe('kept');
      expect(existsSync(inFolder('runs'))).toBe(false);
    },
  );

  test('an unwritable report folder', async () => {
    writeFileSync(inFolder('file'), 'kept');
    expectRefusal(await evaluated('sound', '--out', 'file/reports'), 'StorageError');
    expect(readFileSync(inFolder('file'), 'utf8')).toBe('kept');
  });
});

describe('tokens', () => {
  test.each([
    ['outside the vocabulary', '[1, 2, 100000]', 'TokenError'],
    ['of rows that differ in length', '[[1, 2], [3]]', 'ShapeError'],
    ['that are text', '["the", "grass"]', 'TokenError'],
    ['that are no JSON', '[1, 2', 'TokenError'],
  ])('tokens %s are refused, and nothing is dumped', async (_, content, error) => {
    writeFileSync(inFolder('tokens.json'), content);
    const args = [
      'parity',
      'sound',
      '--tokens',
      'tokens.json',
      '--backends',
      'cpu',
      '--dump',
      'dump.safetensors',
    ];
    expectRefusal(await famjs(args, folder), error);
    expect(existsSync(inFolder('dump.safetensors'))).toBe(false);
  });
});

test('a disk that takes no more leaves no half of a checkpoint', async () => {
  const run = `
model: sound
train: full
task: { name: passkey }
stages: [{ steps: 1, blocks: [2, 2], rows: 1, rate: 1e-3 }]
save: { everySeconds: 0 }`;
  writeFileSync(inFolder('full.yaml'), run);
  // The largest file may have 64 KiB, as on a disk that has so much left.
  const limited = ['sh', '-c', 'ulimit -f 128; exec "$@"', 'sh'];
  const { ended } = startFamjs(['train', 'full.yaml', '--backend', 'cpu'], folder, limited);
  expectRefusal(await ended, 'StorageError');
  expect(readdirSync(inFolder('runs/full-seed0'))).toEqual([]);
});
