/** Every command that takes a model takes it from every place: a folder, a .gguf file, the Hub, a URL, and by a name that comes with famjs. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type HubServer, startHub } from '@famjs/testing/hub';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { evalCommand } from '../src/commands/eval.ts';
import { generateCommand } from '../src/commands/generate.ts';
import { infoCommand } from '../src/commands/info.ts';
import { parityCommand } from '../src/commands/parity.ts';
import { scoreCommand } from '../src/commands/score.ts';
import type { PassKeyReport } from '../src/report/passkey-report.ts';
import { chatTokens, saveChatModel, temporaryFolder } from './tiny-model.ts';

const { folder, remove } = temporaryFolder();
const inFolder = (name: string) => path.join(folder, name);
const gguf = fileURLToPath(new URL('../../../tooling/checkpoints/gguf/llama.gguf', import.meta.url));
let hub: HubServer;

beforeAll(async () => {
  await saveChatModel(inFolder('model'), [chatTokens.end]);
  const names = readdirSync(inFolder('model'));
  hub = await startHub(
    'someone/chat',
    Object.fromEntries(names.map((name) => [name, readFileSync(path.join(inFolder('model'), name))])),
  );
  vi.stubEnv('HF_ENDPOINT', hub.endpoint);
  vi.stubEnv('HF_HUB_CACHE', inFolder('cache'));
  vi.stubEnv('HF_HUB_OFFLINE', '');
  writeFileSync(inFolder('text.txt'), 'hello the grass is green');
  writeFileSync(inFolder('tokens.json'), '[1, 2, 3, 4, 5]');
});
afterAll(() => {
  vi.unstubAllEnvs();
  hub.close();
  remove();
});

/** What a command writes to the standard output. */
async function printed(command: Command, ...args: string[]): Promise<string> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const quiet = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    await command.exitOverride().parseAsync(args, { from: 'user' });
    return write.mock.calls.map(([text]) => text).join('');
  } finally {
    write.mockRestore();
    quiet.mockRestore();
  }
}

/** What each command says of the model of a place, without what differs by its name or the time it took. */
const commands: Record<string, (place: string) => Promise<unknown>> = {
  info: async (place) => (await printed(infoCommand(), place)).split('\n').slice(1),
  generate: (place) => {
    const options = ['--prompt', 'hello', '--max-tokens', '4', '--temperature', '0', '--backend', 'wasm'];
    return printed(generateCommand(), place, ...options);
  },
  score: async (place) => {
    const options = ['--file', inFolder('text.txt'), '--json', '--backend', 'wasm'];
    return JSON.parse(await printed(scoreCommand(), place, ...options));
  },
  parity: async (place) => {
    const options = ['--tokens', inFolder('tokens.json'), '--backends', 'wasm', '--schedules', 'scan,step'];
    const table = await printed(parityCommand(), place, ...options);
    return table.match(/reference|✓|✗/g);
  },
  eval: async (place) => {
    const options = ['--max-filler', '100', '--keys', '1', '--json', '--out', folder, '--backend', 'wasm'];
    const { models } = JSON.parse(await printed(evalCommand(), place, ...options)) as PassKeyReport;
    return models.map(({ fingerprint, columns }) => [
      fingerprint,
      columns.map(({ seconds: _, ...cell }) => cell),
    ]);
  },
};

describe.each(Object.entries(commands))('famjs %s', (_, run) => {
  test('says the same of a model in a folder, on the Hub and behind a URL', async () => {
    const expected = await run(inFolder('model'));
    expect(await run('someone/chat')).toEqual(expected);
    expect(await run(`${hub.endpoint}/someone/chat/resolve/${hub.commit}`)).toEqual(expected);
  });

  test.each([gguf, 'passkey-bswa1'])('knows %s', async (place) => {
    expect(await run(place)).toBeTruthy();
  });
});

test('famjs info --check knows a model that comes with famjs', async () => {
  const options = ['--file', inFolder('text.txt'), '--max-tokens', '8', '--backend', 'wasm'];
  expect(await printed(infoCommand(), 'passkey-bswa1', '--check', ...options)).toMatch(/q4 +\d/);
});
