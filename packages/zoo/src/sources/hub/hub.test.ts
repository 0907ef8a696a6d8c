/** Models of the Hub from a real server that speaks its API: kept, pinned, resumed, checked, and refused for good reasons. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { CheckpointError, StorageError, setBackend } from '@famjs/backends';
import { type HubServer, sendFile, sha256, startHub } from '@famjs/testing/hub';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { checkpointPath, filesOf } from '../../../test/checkpoints.ts';
import { smallModel, smallTokenizer } from '../../../test/small-model.ts';
import { describeModel } from '../../describe-model.ts';
import { modelFiles } from '../../formats/model-files.ts';
import { readSafetensors, writeSafetensors } from '../../formats/safetensors.ts';
import { loadModel } from '../../load-model.ts';
import type { ModelPlace } from '../open-source.ts';
import { patience, tries } from '../patience.ts';
import { cachedRepos, removeCachedRepo } from './cache.node.ts';
import { pullFromHub } from './hub.node.ts';
import { hubName } from './name.ts';

let hub: HubServer;
let cache: string;
let files: Record<string, Uint8Array>;
const gguf = new Uint8Array(
  await readFile(new URL('../../../../../tooling/checkpoints/gguf/llama.gguf', import.meta.url)),
);
const model = 'model.safetensors';
const isOf = (name: string) => (request: IncomingMessage) => request.url!.endsWith(`/${name}`);

beforeAll(async () => {
  patience.firstPause = 10;
  await setBackend('cpu');
  const { weights, config } = smallModel();
  files = await modelFiles({ config, weights, tokenizer: smallTokenizer });
  files['README.md'] = new TextEncoder().encode('# A model');
  files['onnx/model.onnx'] = new Uint8Array(1000);
  hub = await startHub('someone/small', files);
});
afterAll(() => hub.close());
beforeEach(async () => {
  cache = await mkdtemp(path.join(tmpdir(), 'famjs-hub-'));
  vi.stubEnv('HF_ENDPOINT', `${hub.endpoint}/`);
  vi.stubEnv('HF_HUB_CACHE', cache);
  vi.stubEnv('HF_TOKEN', '');
  vi.stubEnv('HF_HUB_OFFLINE', '');
  Object.assign(hub, { asked: [], instead: undefined, files });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true });
});

const folder = () => path.join(cache, 'models--someone--small');
const pull = (name = 'someone/small', options = {}) => pullFromHub(hubName(name)!, options);
const downloads = () => hub.asked.filter((line) => line.includes('/resolve/'));
/** The request is answered this way, the first `times` times. */
function instead(
  is: (request: IncomingMessage) => boolean,
  answer: (response: ServerResponse, request: IncomingMessage) => void,
  times = Number.POSITIVE_INFINITY,
): void {
  let left = times;
  hub.instead = (request, response) => {
    if (!is(request) || left-- <= 0) return false;
    answer(response, request);
    return true;
  };
}

async function refusal(complaint: string | RegExp, name?: string): Promise<void> {
  const caught = await pull(name).catch((caught) => caught);
  expect(caught).toBeInstanceOf(CheckpointError);
  expect(caught.message).toMatch(complaint);
}

describe('the name of a model of the Hub', () => {
  test.each([
    ['a/b', { repo: 'a/b', revision: 'main', file: undefined }],
    ['HuggingFaceTB/SmolLM2-135M.x_y@v1.0', { repo: 'HuggingFaceTB/SmolLM2-135M.x_y', revision: 'v1.0' }],
    ['a/b@refs/pr/1', { repo: 'a/b', revision: 'refs/pr/1' }],
    ['a/b/c.Q4_1.gguf', { repo: 'a/b', file: 'c.Q4_1.gguf' }],
    ['a/b/c/d.gguf@main', { repo: 'a/b', file: 'c/d.gguf', revision: 'main' }],
  ])('%s is read', (text, expected) => expect(hubName(text)).toMatchObject(expected));

  test.each([
    ...[
      'a',
      '/a/b',
      'a/b/',
      './a',
      '../a',
      'a/..',
      'a/b/c',
      'a//b',
      'a/b@',
      'a/b@../c',
      'a/b/../c.gguf',
      'a/b@a//c',
    ],
  ])('%s is none', (text) => expect(hubName(text)).toBeUndefined());
});

describe('a model of the Hub', () => {
  test('is kept as Python keeps it, and fetched once', async () => {
    const loaded = await loadModel('someone/small');
    expect(loaded.name).toBe('small');
    expect(loaded.tokenizer.size).toBe(11);
    loaded.dispose();
    const names = Object.keys(files).filter((name) => !/README|onnx/.test(name));
    const snapshot = path.join(folder(), 'snapshots', hub.commit);
    expect((await readdir(snapshot)).sort()).toEqual(names.sort());
    expect(await readlink(path.join(snapshot, model))).toBe(`../../blobs/${sha256(files[model]!)}`);
    expect(await readFile(path.join(folder(), 'refs/main'), 'utf8')).toBe(hub.commit);
    expect(await readdir(path.join(folder(), 'blobs'))).toHaveLength(names.length);
    expect(downloads()).toHaveLength(names.length);
    hub.asked = [];
    (await loadModel(`someone/small@${hub.commit}`)).dispose();
    expect(downloads()).toEqual([]);
  });

  test('tells how far it has come, of each file and of all', async () => {
    const seen: { loaded: number; total: number }[] = [];
    const pulled = await pull(undefined, {
      onProgress: ({ all }: { all: (typeof seen)[0] }) => seen.push(all),
    });
    expect(seen.at(-1)).toEqual({ loaded: pulled.bytes, total: pulled.bytes });
    for (const [i, { loaded }] of seen.slice(1).entries())
      expect(loaded).toBeGreaterThanOrEqual(seen[i]!.loaded);
  });

  test('is taken from the cache offline, or when nobody answers, and only then', async () => {
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    await refusal('not in');
    vi.stubEnv('HF_HUB_OFFLINE', '');
    const { bytes } = await pull();
    hub.asked = [];
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    expect(await pull()).toMatchObject({ bytes });
    (await loadModel('someone/small')).dispose();
    await refusal('not in', 'someone/small@v2');
    expect(hub.asked).toEqual([]);
    vi.stubEnv('HF_HUB_OFFLINE', '');
    vi.stubEnv('HF_ENDPOINT', 'http://127.0.0.1:9');
    expect(await pull()).toMatchObject({ bytes });
  }, 20_000);

  test('as a GGUF file is taken where there are no safetensors, and of several the one that is named', async () => {
    hub.files = { 'a.gguf': gguf, 'README.md': files['README.md']! };
    const loaded = await loadModel('someone/small');
    expect(loaded.name).toBe('a.gguf');
    expect(loaded.config.layers).toBe(2);
    loaded.dispose();
    hub.files['sub/b.gguf'] = gguf;
    await refusal(/2 GGUF files.*a\.gguf, sub\/b\.gguf.*someone\/small\/a\.gguf/);
    (await loadModel('someone/small/sub/b.gguf')).dispose();
    await refusal('no c.gguf', 'someone/small/c.gguf');
    hub.files = { 'README.md': files['README.md']! };
    await refusal('no weights that FAM.js reads');
  });

  test('has memories and adapters too, of which no more is fetched than is added', async () => {
    const base = checkpointPath('fixtures/llama');
    const added = filesOf(checkpointPath('adapters/ours/llama'));
    hub.files = {
      ...added,
      'README.md': files['README.md']!,
      [model]: files[model]!,
      'config.json': files['config.json']!,
    };
    for (const option of ['memory', 'adapters'] as const) {
      hub.asked = [];
      const own = await mkdtemp(path.join(cache, 'own-'));
      vi.stubEnv('HF_HUB_CACHE', own);
      const load = async (place: ModelPlace) => {
        const options = option === 'memory' ? { memory: place } : { adapters: [place] };
        const loaded = await loadModel(base, { ...options, tokenizer: false });
        expect(Object.keys(loaded.config.adapters!)).toHaveLength(1);
        return loaded.fingerprint().finally(() => loaded.dispose());
      };
      expect(await load('someone/small')).toBe(await load(added));
      expect(
        downloads()
          .map((line) => line.split('/').at(-1))
          .sort(),
      ).toEqual(Object.keys(added).sort());
      hub.asked = [];
      vi.stubEnv('HF_HUB_OFFLINE', '1');
      expect(await load(`someone/small@main`)).toBe(await load(added));
      expect(hub.asked).toEqual([]);
      vi.stubEnv('HF_HUB_OFFLINE', '');
    }
    hub.files = files;
    const none = loadModel(base, { adapters: ['someone/small'], tokenizer: false });
    await expect(none).rejects.toThrow(/no adapter_config\.json in someone\/small/);
    hub.files = { 'README.md': files['README.md']! };
    const nothing = loadModel(base, { memory: 'someone/small', tokenizer: false });
    await expect(nothing).rejects.toThrow('neither a memory nor an adapter in someone/small');
  });

  test('is asked for with the token, which the endpoint alone gets', async () => {
    let tokens: (string | undefined)[] = [];
    const other = await startHub('cdn/any', {});
    other.instead = (request, response) => {
      tokens.push(request.headers.authorization);
      sendFile(files[model]!, request, response);
      return true;
    };
    hub.instead = (request, response) => {
      if (request.headers.authorization !== 'Bearer secret') response.writeHead(401).end();
      else if (isOf(model)(request))
        response.writeHead(302, { location: `${other.endpoint.replace('127.0.0.1', 'localhost')}/x` }).end();
      else return false;
      return true;
    };
    await refusal(/401.*HF_TOKEN/);
    vi.stubEnv('HF_TOKEN', 'wrong');
    await refusal(/401.*not accepted/);
    vi.stubEnv('HF_TOKEN', 'secret');
    await pull();
    expect(tokens).toEqual([undefined]);
    other.close();
    tokens = [];
  });

  test.each([
    [404, {}, 'check the name'],
    [404, { 'x-error-code': 'RevisionNotFound' }, 'after @'],
    [403, { 'x-error-code': 'GatedRepo' }, 'accept its terms'],
    [429, { 'retry-after': '100000' }, 'wait some minutes'],
  ])('that is answered with %i %j is refused at once', async (status, headers, remedy) => {
    instead(
      () => true,
      (response) => response.writeHead(status, headers).end(),
    );
    await refusal(new RegExp(`answered with ${status}.*${remedy}`));
    expect(hub.asked).toHaveLength(1);
  });

  test.each([
    [429, { 'retry-after': '0' }],
    [500, {}],
    [503, {}],
  ])('gets another try after %i', async (status, headers) => {
    instead(isOf(model), (response) => response.writeHead(status, headers).end(), 1);
    await pull();
    expect(downloads().filter((line) => line.includes(model))).toHaveLength(2);
  });

  test.each([
    [429, 'wait some minutes'],
    [500, 'try again later'],
  ])('that is answered with %i again and again is refused in the end', async (status, remedy) => {
    instead(isOf(model), (response) => response.writeHead(status).end());
    await refusal(new RegExp(`answered with ${status}.*${remedy}`));
    expect(downloads().filter((line) => line.includes(model))).toHaveLength(tries);
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    await refusal('not in');
  });

  test('waits as long as it is told to', async () => {
    instead(isOf(model), (response) => response.writeHead(429, { 'retry-after': '1' }).end(), 1);
    const start = performance.now();
    await pull();
    expect(performance.now() - start).toBeGreaterThan(950);
  });

  test('goes on where the line broke, also at a server that knows no ranges', async () => {
    const half = files[model]!.length >> 1;
    let breakLine = () => {};
    const cutShort = (response: ServerResponse) => {
      breakLine = () => response.destroy();
      response.writeHead(200, { 'content-length': files[model]!.length });
      response.write(files[model]!.subarray(0, half));
    };
    const onProgress = ({ file, loaded }: { file: string; loaded: number }) => {
      if (file === model && loaded === half) breakLine();
    };
    instead(isOf(model), cutShort, 1);
    await pull(undefined, { onProgress });
    expect(downloads().filter((line) => line.includes(model))[1]).toContain(` bytes=${half}-`);
    await removeCachedRepo('someone/small');
    let count = 0;
    instead(isOf(model), (response) => (count++ ? response.end(files[model]!) : cutShort(response)));
    (await loadModel('someone/small', { onProgress })).dispose();
    expect(count).toBe(2);
  });

  test('goes on in another run where this one was told to stop', async () => {
    const controller = new AbortController();
    const half = files[model]!.length >> 1;
    instead(isOf(model), (response) => response.writeHead(200).write(files[model]!.subarray(0, half)), 1);
    const onProgress = ({ file, loaded }: { file: string; loaded: number }) => {
      if (file === model && loaded === half) controller.abort();
    };
    await expect(pull(undefined, { signal: controller.signal, onProgress })).rejects.toThrow('aborted');
    expect((await cachedRepos())[0]).toMatchObject({ repo: 'someone/small', unfinished: true });
    await pull();
    expect(downloads().at(-1)).toContain(`bytes=${half}-`);
    expect((await cachedRepos())[0]).toMatchObject({ unfinished: false });
  });

  test.each<[string, (response: ServerResponse, request: IncomingMessage) => void, string]>([
    ['ends too early each time', (response) => response.end('x'), 'again and again'],
    ['goes on too long', (response) => response.end(Buffer.alloc(files[model]!.length + 1)), 'goes on after'],
    ['has other content', (response) => response.end(Buffer.alloc(files[model]!.length)), 'has not the hash'],
  ])(
    'whose file %s is refused, and nothing of it is kept as whole',
    async (_, answer, complaint) => {
      instead(isOf(model), answer);
      await refusal(complaint);
      expect(await readdir(path.join(folder(), 'blobs'))).not.toContain(sha256(files[model]!));
      vi.stubEnv('HF_HUB_OFFLINE', '1');
      await refusal('not in');
    },
    30_000,
  );

  test('whose range is another than was asked for is refused', async () => {
    let count = 0;
    instead(isOf(model), (response, request) => {
      if (count++ === 0) response.writeHead(200).write('xy', () => setTimeout(() => response.destroy(), 20));
      else response.writeHead(206, { 'content-range': 'bytes 0-9/10' }).end(`0123456789${request.method}`);
    });
    await refusal(/asked for the bytes from 2 on/);
  });

  test.each([
    ['{"sha": 1}', 'sha'],
    ['<html>', 'not answered as the Hub does'],
    [JSON.stringify({ sha: '../../etc', siblings: [] }), 'is no commit'],
    [JSON.stringify({ sha: 'a'.repeat(40), siblings: [{ rfilename: '../x.gguf' }] }), 'is no path below'],
    [
      JSON.stringify({ sha: 'a'.repeat(40), siblings: [{ rfilename: model, size: 1, blobId: '../x' }] }),
      'no hash',
    ],
    [JSON.stringify({ sha: 'a'.repeat(40), siblings: [{ rfilename: model }] }), 'no size or hash'],
  ])('of which its API says %s is refused', async (answer, complaint) => {
    instead(
      () => true,
      (response) => response.end(answer),
    );
    await refusal(complaint);
    expect(await readdir(cache)).toEqual([]);
  });

  test('is read over the line, checked and not kept, when it is not to be kept', async () => {
    vi.stubEnv('HF_ENDPOINT', 'http://127.0.0.1:9');
    const options = { keep: false, hub: { endpoint: hub.endpoint, token: 'secret' } };
    const tokens = new Set<string | undefined>();
    hub.instead = (request) => !tokens.add(request.headers.authorization);
    const loaded = await loadModel('someone/small', options);
    expect(loaded.name).toBe('small');
    loaded.dispose();
    expect([...tokens]).toEqual(['Bearer secret']);
    expect(await readdir(cache)).toEqual([]);
    const { 'fam.json': _, ...others } = files;
    hub.files = others;
    instead(isOf(model), (response) => {
      const damaged = Uint8Array.from(files[model]!);
      damaged[damaged.length - 9]! ^= 1;
      response.end(damaged);
    });
    await expect(loadModel('someone/small', options)).rejects.toThrow('has not the hash');
    instead(isOf(model), (response) => response.end(files[model]!.subarray(1)));
    await expect(loadModel('someone/small', options)).rejects.toThrow(
      /has \d+ bytes\. Expected: the \d+ bytes/,
    );
  });

  test('is described by the beginning of its weights, and from the cache where that has it', async () => {
    const { tensors } = readSafetensors(files[model]!);
    const unused = { dtype: 'F32', shape: [4 << 20], data: new Uint8Array(16 << 20) } as const;
    const large = writeSafetensors({ ...tensors, 'model.layers.0.self_attn.rotary_emb.inv_freq': unused });
    const { 'fam.json': _, 'fam.safetensors': __, ...others } = files;
    hub.files = { ...others, [model]: large };
    let sent = 0;
    const send = async (response: ServerResponse) => {
      response.writeHead(200, { 'content-length': large.length });
      for (let at = 0; at < large.length && !response.destroyed; at += 1 << 16) {
        sent += 1 << 16;
        if (!response.write(large.subarray(at, at + (1 << 16))))
          await Promise.race([once(response, 'drain'), once(response, 'close')]);
      }
      response.end();
    };
    instead(isOf(model), (response) => void send(response));
    const { config } = await describeModel('someone/small');
    expect(config.layers).toBe(2);
    expect(sent).toBeLessThan(large.length / 2);
    hub.instead = undefined;
    expect(downloads().join()).not.toContain('tokenizer');
    expect(await readdir(cache)).toEqual([]);
    await pull();
    hub.asked = [];
    await describeModel('someone/small');
    expect(downloads()).toEqual([]);
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    await describeModel('someone/small');
  });

  test('for which there is no room is refused before its first byte', async () => {
    const lfs = { sha256: 'a'.repeat(64), size: 2 ** 52 };
    instead(
      (request) => request.url!.startsWith('/api/'),
      (response) => response.end(JSON.stringify({ sha: hub.commit, siblings: [{ rfilename: model, lfs }] })),
    );
    const caught = await pull().catch((caught) => caught);
    expect(caught).toBeInstanceOf(StorageError);
    expect(caught.message).toMatch(/someone\/small needs 4503599627\.4 MB more in .*room for [\d.]+ MB/);
    expect(downloads()).toEqual([]);
  });

  test('can be loaded twice at once', async () => {
    const { numTensors } = tf.memory();
    const loaded = await Promise.all([loadModel('someone/small'), loadModel('someone/small')]);
    expect(await loaded[0].fingerprint()).toBe(await loaded[1].fingerprint());
    for (const model of loaded) model.dispose();
    expect(tf.memory().numTensors).toBe(numTensors);
    const blobs = await readdir(path.join(folder(), 'blobs'));
    expect(blobs.filter((name) => name.includes('incomplete'))).toEqual([]);
  });

  test('can be fetched by two processes at once', async () => {
    const half = files[model]!.length >> 1;
    const waiting: ServerResponse[] = [];
    instead(isOf(model), (response) => {
      response
        .writeHead(200, { 'content-length': files[model]!.length })
        .write(files[model]!.subarray(0, half));
      // The rest when both have begun.
      if (waiting.push(response) === 2) for (const begun of waiting) begun.end(files[model]!.subarray(half));
    });
    const script = `import { pullFromHub } from ${JSON.stringify(new URL('hub.node.ts', import.meta.url).href)};
      const { bytes } = await pullFromHub({ repo: 'someone/small', revision: 'main' });
      console.log(bytes);`;
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
    const args = ['--conditions=@famjs/source', '--import', tsx, '--input-type=module', '-e', script];
    const run = () => promisify(execFile)(process.execPath, args);
    const [one, two] = await Promise.all([run(), run()]);
    expect(one).toEqual(two);
    expect(await pull()).toMatchObject({ bytes: Number(one.stdout) });
    const blobs = await readdir(path.join(folder(), 'blobs'));
    expect(blobs.sort()).toEqual([...new Set(blobs.map((name) => name.slice(0, 64)))].sort());
    for (const name of await readdir(path.join(folder(), 'snapshots', hub.commit)))
      expect(await readFile(path.join(folder(), 'snapshots', hub.commit, name))).toEqual(
        Buffer.from(files[name]!),
      );
  });

  test('does not trust a part that another process left damaged', async () => {
    await pull();
    const blob = path.join(folder(), 'blobs', sha256(files[model]!));
    await rm(blob);
    await writeFile(`${blob}.${'elsewhere'}.1.x.incomplete`, 'new, so perhaps still written');
    await writeFile(`${blob}.${(await import('node:os')).hostname()}.999999999.x.incomplete`, 'wrong');
    await pull();
    expect(new Uint8Array(await readFile(blob))).toEqual(files[model]);
    expect(await readdir(path.join(folder(), 'blobs'))).toContain(
      `${path.basename(blob)}.elsewhere.1.x.incomplete`,
    );
  });
});
