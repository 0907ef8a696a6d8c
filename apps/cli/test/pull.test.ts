/** famjs pull and famjs cache, against a server that speaks the Hub's API. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cachedRepos } from '@famjs/zoo/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { famjs, startFamjs } from './famjs.ts';

const weights = randomBytes(3_000_000);
const sha256 = createHash('sha256').update(weights).digest('hex');
const commit = 'b'.repeat(40);
let server: Server;
let cache: string;
/** Ranges that were asked for. */
const ranges: (string | undefined)[] = [];
/** Sends only so much and then nothing. */
let stalls = false;

beforeAll(async () => {
  cache = await mkdtemp(path.join(tmpdir(), 'famjs-pull-'));
  server = createServer((request, response) => {
    if (request.url!.startsWith('/api/models/a/b/revision/main')) {
      const lfs = { sha256, size: weights.length };
      response.end(JSON.stringify({ sha: commit, siblings: [{ rfilename: 'w.gguf', lfs }] }));
    } else if (request.url === `/a/b/resolve/${commit}/w.gguf`) {
      const { range } = request.headers;
      ranges.push(range);
      const from = Number(/\d+/.exec(range ?? '0')![0]);
      const end = weights.length - 1;
      response.writeHead(
        range ? 206 : 200,
        range ? { 'content-range': `bytes ${from}-${end}/${end + 1}` } : {},
      );
      if (stalls) response.write(weights.subarray(from, from + 1_000_000));
      else response.end(weights.subarray(from));
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(cache, { recursive: true });
});

/** The words before famjs that set its environment. */
const environment = () => {
  const { port } = server.address() as AddressInfo;
  return ['env', `HF_ENDPOINT=http://127.0.0.1:${port}`, `HF_HUB_CACHE=${cache}`, 'HF_HUB_OFFLINE='];
};
const run = (...args: string[]) => startFamjs(args, cache, environment()).ended;

test('Ctrl-C keeps what has come, and the same command goes on from there', async () => {
  stalls = true;
  const running = startFamjs(['pull', 'a/b'], cache, environment());
  await expect.poll(() => ranges.length, { timeout: 20_000 }).toBe(1);
  await expect.poll(async () => (await cachedRepos(cache))[0]?.bytes, { timeout: 30_000 }).toBe(1_000_000);
  expect((await run('cache')).stdout).toMatch(/1\.0 MB {2}a\/b.*unfinished/);
  running.process.kill('SIGINT');
  const stopped = await running.ended;
  expect(stopped.status).toBe(130);
  expect(stopped.stderr).toContain('the same command goes on from there');
  stalls = false;
  const { status, stdout, stderr } = await run('pull', 'a/b');
  expect(status).toBe(0);
  expect(stdout.trim()).toBe(path.join(cache, 'models--a--b', 'snapshots', commit));
  expect(stderr).toContain('1 file, 3.0 MB');
  expect(ranges[1]).toBe('bytes=1000000-');
});

test('famjs cache lists, tells where, and removes', async () => {
  expect(await run('cache')).toMatchObject({ status: 0, stdout: '3.0 MB  a/b\n' });
  expect((await run('cache', 'path')).stdout.trim()).toBe(cache);
  const strange = await run('cache', 'remove', 'a/c');
  expect(strange.status).toBe(1);
  expect(strange.stderr).toMatch(/no model or dataset "a\/c"/);
  expect((await run('cache', 'remove', 'a/b')).stdout).toBe('removed a/b, 3.0 MB\n');
  expect((await run('cache')).stdout).toBe('');
});

test('what is no name of a model is refused', async () => {
  const { status, stderr } = await famjs(['pull', 'nothing'], cache);
  expect(status).toBe(1);
  expect(stderr).toContain('owner/name@revision');
});
