/** What a page keeps of models from the Hub and from URLs, in real Chromium: for the next visit, gone on with, checked, bounded by its quota. */
import { existsSync } from 'node:fs';
import { setBackend } from '@famjs/backends';
import { type HubServer, sendFile, startHub } from '@famjs/testing/hub';
import type { BrowserContext, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type App, startApp, work } from '../../../tooling/browser/app.ts';
import { chromiumPath } from '../../../tooling/browser/machine.ts';
import {
  adaptedConfig,
  initialAdapter,
  languageModel,
  loadModel,
  memoryFiles,
  modelFiles,
  readSafetensors,
  writeSafetensors,
} from '../src/index.ts';
import { checkpointPath, filesOf } from './checkpoints.ts';
import { smallModel, smallTokenizer } from './small-model.ts';

const weights = 'model.safetensors';
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const flipped = (bytes: Uint8Array) => bytes.map((byte, i) => (i === bytes.length - 9 ? byte ^ 1 : byte));

describe.skipIf(!existsSync(chromiumPath))('a page', () => {
  let app: App;
  let hub: HubServer;
  let files: Record<string, Uint8Array>;
  let print: string;
  let visitor: BrowserContext;
  let page: Page;
  /** How the app's own server answers. */
  let tag: string | undefined;
  let served: Record<string, Uint8Array> = {};
  /** Bytes that a file has in the words of the server, which does not send it then. */
  let claimed: Record<string, number> = {};
  let asked: string[] = [];
  /** Whether it knows no HEAD. */
  let headless = false;

  beforeAll(async () => {
    await setBackend('cpu');
    const { weights, config } = smallModel();
    files = await modelFiles({ config, weights, tokenizer: smallTokenizer });
    print = await languageModel({ config, weights }).fingerprint();
    hub = await startHub('someone/small', files);
    app = await startApp(['backends', 'zoo', 'zoo/worker'], (request, response) => {
      const name = request.url!.replace('/models/small/', '');
      asked.push(`${request.method} ${name}`);
      if (tag) response.setHeader('etag', tag);
      if (headless && request.method === 'HEAD') return Boolean(response.writeHead(405).end());
      if (claimed[name]) return Boolean(response.setHeader('content-length', claimed[name]).end());
      if (!served[name]) return false;
      sendFile(served[name], request, response);
      return true;
    });
    visitor = await app.visitor();
    page = await app.open(visitor);
  }, 120_000);
  afterAll(async () => {
    await app?.close();
    hub?.close();
  });
  beforeEach(async () => {
    Object.assign(hub, { asked: [], instead: undefined, files });
    tag = '"one"';
    served = files;
    [claimed, asked] = [{}, []];
  });
  afterEach(forget);

  const hubPlace = () => `'someone/small', { hub: { endpoint: '${hub.endpoint}' } }`;
  const urlPlace = "'/models/small'";
  const downloads = () => hub.asked.filter((line) => line.startsWith('GET') && line.includes('/resolve/'));

  const inPage = `
    const { loadModel } = await import('@famjs/zoo');
    await (await import('@famjs/backends')).setBackend('cpu');`;
  const inWorker = `
    const worker = await import('@famjs/zoo/worker');
    const loadModel = (from, options) => worker.loadModel(from, { ...options, backend: 'cpu' });`;
  /** The fingerprint of a model that a page loads, itself or in a worker, or its error. */
  const load = (place: string, within = page, where = inPage) =>
    work<string>(
      within,
      `${where}
      try {
        const model = await loadModel(${place});
        return await model.fingerprint().finally(() => model.dispose());
      } catch (error) {
        return error.name + ': ' + error.message;
      }`,
    );
  const loadInWorker = (place: string) => load(place, page, inWorker);
  const kept = () =>
    work<{ place: string; bytes: number }[]>(
      page,
      `return (await (await import('@famjs/zoo')).keptModels()).map(({ place, bytes }) => ({ place, bytes }));`,
    );
  function forget(): Promise<void> {
    return work(
      page,
      `for (const model of await (await import('@famjs/zoo')).keptModels()) await model.remove();`,
    );
  }
  const sizeOf = (stored: Record<string, Uint8Array>) =>
    Object.values(stored).reduce((sum, { length }) => sum + length, 0);

  describe('with a model of the Hub', () => {
    test('fetches it once, reads it without the Hub, and forgets it when told to', async () => {
      expect(await load(hubPlace())).toBe(print);
      expect(downloads()).toHaveLength(Object.keys(files).length);
      expect(await kept()).toEqual([{ place: 'someone/small@main', bytes: sizeOf(files) }]);
      hub.asked = [];
      expect(await load(hubPlace())).toBe(print);
      expect(downloads()).toEqual([]);
      hub.instead = (request) => Boolean(request.socket.destroy());
      expect(await load(hubPlace())).toBe(print);
      await forget();
      expect(await load(hubPlace())).toMatch(/^CheckpointError: .* does not arrive/);
    });

    test('takes another commit in place of the one before', async () => {
      await load(hubPlace());
      const { 'fam.json': _, 'fam.safetensors': __, ...others } = files;
      Object.assign(hub, { files: others, commit: 'decade'.padEnd(40, '0'), asked: [] });
      const changed = await load(hubPlace());
      expect(changed).toMatch(/^[0-9a-f]{64}$/);
      expect(changed).not.toBe(print);
      expect(downloads()).toEqual([]);
      expect((await kept())[0]!.bytes).toBe(sizeOf(others));
      hub.commit = 'c0ffee'.padEnd(40, '0');
    });

    test.each(['', ', keep: false'])('refuses what has not its hash%s', async (option) => {
      hub.instead = (request, response) => {
        if (!request.url!.includes('/resolve/') || !request.url!.endsWith(weights)) return false;
        sendFile(flipped(files[weights]!), request, response);
        return true;
      };
      // The digest in fam.json would say so too.
      const { 'fam.json': _, ...others } = files;
      hub.files = others;
      const place = hubPlace().replace(' } }', ` }${option} }`);
      expect(await load(place)).toMatch(/^CheckpointError: .*has not the hash that the Hub has/);
      if (option) expect(await kept()).toEqual([]);
      hub.instead = undefined;
      expect(await load(place)).toMatch(/^[0-9a-f]{64}$/);
    });

    test('says before the first byte how much room is missing', async () => {
      hub.instead = (request, response) => {
        if (!request.url!.startsWith('/api/')) return false;
        const lfs = { sha256: 'a'.repeat(64), size: 2 ** 50 };
        const siblings = [
          { rfilename: 'config.json', size: 10, blobId: 'b'.repeat(40) },
          { rfilename: weights, lfs },
        ];
        response.end(JSON.stringify({ sha: hub.commit, siblings }));
        return true;
      };
      expect(await load(hubPlace())).toMatch(
        /^StorageError: someone\/small needs 1125899906\.9 MB more in this page's storage, where there is room for [\d.]+ MB.*keep: false/,
      );
      expect(downloads()).toEqual([]);
    });

    test('goes on where a page that went away was', async () => {
      const { tensors } = readSafetensors(files[weights]!);
      const unused = { dtype: 'F32', shape: [9 << 20], data: new Uint8Array(36 << 20) } as const;
      const large = writeSafetensors({ ...tensors, 'model.layers.0.self_attn.rotary_emb.inv_freq': unused });
      const { 'fam.json': _, 'fam.safetensors': __, ...others } = files;
      hub.files = { ...others, [weights]: large };
      const sent = 34 << 20;
      let arrived = () => {};
      const most = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      hub.instead = (request, response) => {
        if (!request.url!.includes('/resolve/') || !request.url!.endsWith(weights)) return false;
        response
          .writeHead(200, { 'content-length': large.length })
          .write(large.subarray(0, sent), () => arrived());
        return true;
      };
      const first = await app.open(visitor);
      const onProgress = `({ file, loaded }) => { if (file === '${weights}' && loaded === ${sent}) globalThis.arrived = true; }`;
      void load(hubPlace().replace(/ }$/, `, onProgress: ${onProgress} }`), first).catch(() => {});
      await most;
      await first.waitForFunction('globalThis.arrived');
      await first.close();
      hub.instead = undefined;
      hub.asked = [];
      expect(await load(hubPlace())).toMatch(/^[0-9a-f]{64}$/);
      const [line] = downloads().filter((line) => line.includes(weights));
      const from = Number(/bytes=(\d+)-$/.exec(line!)![1]);
      expect(from).toBeGreaterThanOrEqual(1 << 25);
      expect(from).toBeLessThanOrEqual(sent);
    });

    test('waits for another page that fetches the same', async () => {
      const other = await app.open(visitor);
      const prints = await Promise.all([load(hubPlace()), load(hubPlace(), other)]);
      await other.close();
      expect(prints).toEqual([print, print]);
      expect(downloads()).toHaveLength(Object.keys(files).length);
    });
  });

  describe('with a model behind a URL', () => {
    test('adds the memory that lies behind another, in halves, and keeps both', async () => {
      const { config, weights } = smallModel();
      const adapted = await adaptedConfig(config, 'memory', { targets: ['q_proj'], rank: 2 });
      const all = { ...weights, ...initialAdapter(adapted, 'memory', 0) };
      const base = await languageModel({ config, weights }).base();
      const memory = await memoryFiles({ config: adapted, weights: all }, base, { dtype: 'f16' });
      const { 'fam.json': _, 'fam.safetensors': __, ...plain } = files;
      const added = Object.entries(memory).map(([name, bytes]) => [`memory/${name}`, bytes]);
      served = { ...plain, ...Object.fromEntries(added) };
      const place = "'/models/small', { memory: '/models/small/memory' }";
      const there = await loadModel(plain, { memory });
      expect(await load(place)).toBe(await there.fingerprint());
      there.dispose();
      const copied = 'copy node_modules/@famjs/zoo/models/passkey to where the page is served from';
      expect(await load(`${urlPlace}, { memory: 'passkey' }`)).toContain(copied);
      expect((await kept()).map(({ bytes }) => bytes).sort()).toEqual([sizeOf(plain), sizeOf(memory)].sort());
    });

    test('fetches it once as long as it is the same, and reads it without its server', async () => {
      expect(await load(urlPlace)).toBe(print);
      expect(await kept()).toEqual([{ place: `${app.url}models/small`, bytes: sizeOf(files) }]);
      served = Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, flipped(bytes)]));
      // The server says that nothing has changed, and is believed.
      expect(await load(urlPlace)).toBe(print);
      tag = '"two"';
      served = { ...files, [weights]: flipped(files[weights]!) };
      expect(await load(urlPlace)).toMatch(/is not the file that was saved with fam\.json/);
      served = files;
      tag = '"three"';
      expect(await load(urlPlace)).toBe(print);
      expect((await kept())[0]!.bytes).toBe(sizeOf(files));
      await page.route('**/models/**', (route) => route.abort());
      expect(await load(urlPlace)).toBe(print);
      await page.unroute('**/models/**');
    });

    test.each([
      ['shards', ['a.safetensors', 'b.safetensors'], ['GET model.safetensors.index.json']],
      ['a memory', ['fam.safetensors', 'adapter_model.safetensors'], []],
    ])(
      'says before the first byte of its weights how much room all of them need: %s',
      async (_, parts, got) => {
        const room = await work<number>(
          page,
          'const { quota, usage } = await navigator.storage.estimate(); return quota - usage;',
        );
        const { [weights]: _weights, 'fam.json': _fam, ...others } = files;
        const index = { weight_map: Object.fromEntries(parts.map((name) => [name, name])) };
        served = got.length > 0 ? { ...others, 'model.safetensors.index.json': json(index) } : others;
        // There is room for each of them.
        claimed = Object.fromEntries(parts.map((name) => [name, Math.floor(0.6 * room)]));
        expect(await load(urlPlace)).toMatch(
          /^StorageError: \S+models\/small needs [\d.]+ MB more in this page's storage, where there is room for/,
        );
        expect(asked.filter((line) => line.startsWith('GET'))).toEqual(got);
      },
    );

    test('keeps what its server tells of only when it sends it', async () => {
      headless = true;
      expect(await load(urlPlace)).toBe(print);
      expect(await kept()).toEqual([{ place: `${app.url}models/small`, bytes: sizeOf(files) }]);
      asked = [];
      headless = false;
      expect(await load(urlPlace)).toBe(print);
      expect(asked.filter((line) => line.startsWith('GET'))).toEqual([]);
    });

    test.each([
      ['is not to be kept', "'/models/small', { keep: false }"],
      ['has nothing to be known by', urlPlace],
    ])('stores nothing of it when it %s', async (why, place) => {
      if (why.includes('known')) tag = undefined;
      expect(await load(place)).toBe(print);
      expect((await kept()).filter(({ bytes }) => bytes > 0)).toEqual([]);
    });
  });

  test('keeps in a worker what it would keep itself, and nothing when told not to', async () => {
    const unkept = hubPlace().replace(' } }', ' }, keep: false }');
    for (const place of [unkept, "'/models/small', { keep: false }"]) {
      expect(await loadInWorker(place)).toBe(print);
      expect(await kept()).toEqual([]);
    }
    hub.asked = [];
    expect(await loadInWorker(hubPlace())).toBe(print);
    expect(downloads()).toHaveLength(Object.keys(files).length);
    expect(await kept()).toEqual([{ place: 'someone/small@main', bytes: sizeOf(files) }]);
    hub.asked = [];
    expect(await loadInWorker(hubPlace())).toBe(print);
    expect(await load(hubPlace())).toBe(print);
    expect(downloads()).toEqual([]);
    expect(await loadInWorker("'someone/other', { hub: { endpoint: 'http://127.0.0.1:9' } }")).toMatch(
      /^CheckpointError: .* does not arrive/,
    );
  });

  test('adds memories and adapters from below its server, and keeps them', async () => {
    const [base, memory, adapter] = ['fixtures/llama', 'adapters/ours/llama', 'adapters/llama'].map((place) =>
      filesOf(checkpointPath(place)),
    );
    const below = (folder: string, files: Record<string, Uint8Array>) =>
      Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${folder}/${name}`, bytes]));
    served = { ...base!, ...below('memory', memory!), ...below('adapter', adapter!) };
    const model = await loadModel(base!, { memory: memory!, adapters: [adapter!], tokenizer: false });
    const wanted = await model.fingerprint();
    model.dispose();
    const place = `'/models/small', { tokenizer: false, memory: '/models/small/memory', adapters: ['./models/small/adapter'] }`;
    expect(await load(place)).toBe(wanted);
    expect((await kept()).map(({ place }) => place.replace(`${app.url}models/small`, '')).sort()).toEqual([
      '',
      '/adapter',
      '/memory',
    ]);
    asked = [];
    expect(await loadInWorker(place)).toBe(wanted);
    expect(asked.filter((line) => line.startsWith('GET'))).toEqual([]);
  });

  test('of no origin, whose file system is one in name only, loads without keeping', async () => {
    const sandboxed = await app.open(visitor, { sandboxed: true });
    expect(await load(urlPlace, sandboxed)).toBe(print);
    expect(await load(hubPlace(), sandboxed)).toBe(print);
    await sandboxed.close();
    expect(await kept()).toEqual([]);
  });

  test('loads files, folders of files, and both as handles', async () => {
    const prepare = `
      const names = ${JSON.stringify(Object.keys(files))};
      const root = await navigator.storage.getDirectory();
      const folder = await root.getDirectoryHandle('mine', { create: true });
      const list = [];
      for (const name of names) {
        const bytes = await (await fetch('/models/small/' + name)).arrayBuffer();
        list.push(new File([bytes], name));
        const writer = await (await folder.getFileHandle(name, { create: true })).createWritable();
        await writer.write(bytes);
        await writer.close();
      }
      Object.assign(globalThis, { list, folder });`;
    await work(page, prepare);
    for (const place of ['list', 'folder', 'Object.fromEntries(list.map((file) => [file.name, file]))']) {
      expect(await load(place)).toBe(print);
      expect(await loadInWorker(place)).toBe(print);
    }
    const wrong = "await folder.getFileHandle('config.json')";
    expect(await load(wrong)).toMatch(/^CheckpointError: There is no model\.safetensors in config\.json/);
  });
});
