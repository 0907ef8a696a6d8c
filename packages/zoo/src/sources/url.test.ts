/** Models behind URLs, from a server that has them, has them not, lies, or breaks off. */
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CheckpointError, setBackend } from '@famjs/backends';
import { sendFile } from '@famjs/testing/hub';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { checkpointPath, filesOf } from '../../test/checkpoints.ts';
import { smallModel, smallTokenizer } from '../../test/small-model.ts';
import { modelFiles } from '../formats/model-files.ts';
import { readSafetensors, writeSafetensors } from '../formats/safetensors.ts';
import { loadModel } from '../load-model.ts';
import type { ModelOptions } from '../model-options.ts';

let files: Record<string, Uint8Array>;
let server: Server;
let base: string;
let answers: RequestListener;
let asked: string[] = [];

const nameOf = (url = '') => url.split('?')[0]!.split('/').at(-1)!;
/** Answers as a server of files does. */
const plainly: RequestListener = (request, response) => {
  const content = files[nameOf(request.url)];
  response.writeHead(content ? 200 : 404, content && { 'content-length': content.length });
  response.end(content);
};

beforeAll(async () => {
  await setBackend('cpu');
  const { weights, config } = smallModel();
  files = await modelFiles({ config, weights, tokenizer: smallTokenizer });
  server = createServer((request, response) => {
    asked.push(request.url!);
    answers(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/models/small`;
});
afterAll(() => server.close());
beforeEach(() => {
  asked = [];
  answers = plainly;
});

async function refusal(
  complaint: string | RegExp,
  load: () => Promise<unknown> = () => loadModel(base),
): Promise<void> {
  const { numTensors } = tf.memory();
  const caught = await load().then(
    () => new Error('it loaded'),
    (error: Error) => error,
  );
  expect(caught).toBeInstanceOf(CheckpointError);
  expect(caught.message).toMatch(complaint);
  expect(tf.memory().numTensors).toBe(numTensors);
}

describe('a model behind a URL', () => {
  test.each(['', '/', '?token=1'])('loads, as %j behind it says', async (end) => {
    const model = await loadModel(`${base}${end}`);
    expect(model.name).toMatch(/^small/);
    expect(model.tokenizer.size).toBe(11);
    expect(asked).toContain(`/models/small/config.json${end.replace('/', '')}`);
    model.dispose();
    (await loadModel(new URL(`${base}${end}`))).dispose();
  });

  test('takes memories and adapters behind others', async () => {
    const added = filesOf(checkpointPath('adapters/ours/llama'));
    const serve = (content: typeof files) => {
      answers = (request, response) => {
        const bytes = content[nameOf(request.url)];
        if (bytes) sendFile(bytes, request, response);
        else response.writeHead(404).end();
      };
    };
    const load = (options: ModelOptions) =>
      loadModel(checkpointPath('fixtures/llama'), { ...options, tokenizer: false });
    serve(added);
    const prints: string[] = [];
    for (const options of [
      { memory: base },
      { memory: new URL(base), adapters: [`${base}/`] },
      { memory: added },
      { memory: added, adapters: [added] },
    ]) {
      const model = await load(options);
      expect(model.config.fam).toMatchObject({ famLength: 3, blockSize: 8 });
      prints.push(await model.fingerprint());
      model.dispose();
    }
    expect(prints.slice(0, 2)).toEqual(prints.slice(2));
    expect(prints[0]).not.toBe(prints[1]);
    const weights = added['fam.safetensors']!;
    serve({
      ...added,
      'fam.safetensors': weights.map((byte, i) => (i === weights.length - 1 ? byte ^ 1 : byte)),
    });
    await refusal('is not the file that was saved with fam.json', () => load({ memory: base }));
    serve({});
    await refusal(/There is no adapter_config\.json in http/, () => load({ adapters: [base] }));
    await expect(load({ memory: base })).rejects.toThrow(/There is no fam\.json in http/);
  });

  test('whose vocabulary never ends is refused, and no longer listened to', async () => {
    const closed = new Promise<void>((resolve) => {
      answers = (request, response) => {
        if (nameOf(request.url) !== 'tokenizer.json') return plainly(request, response);
        response.on('close', resolve);
        const spaces = Buffer.alloc(8 << 20, ' ');
        const send = () => void response.write(spaces, (error) => error ?? send());
        send();
      };
    });
    const { 'fam.json': _, ...plain } = files;
    const all = files;
    files = plain;
    await refusal(/tokenizer\.json in http.* has \d+ bytes or more.*at most 100000000/).finally(() => {
      files = all;
    });
    await closed;
  });

  test('tells how far it is', async () => {
    const seen = new Map<string, number>();
    const model = await loadModel(base, {
      onProgress: ({ file, loaded, total }) => {
        expect(total).toBe(files[file]!.length);
        seen.set(file, loaded);
      },
    });
    expect(seen.get('model.safetensors')).toBe(files['model.safetensors']!.length);
    model.dispose();
  });

  const page = '<!DOCTYPE html><html><body>An app</body></html>';
  test.each(['text/html; charset=utf-8', 'application/octet-stream'])(
    'takes a page of type %s for a file that is not there',
    async (type) => {
      const { 'fam.json': _, 'fam.safetensors': __, ...plain } = files;
      answers = (request, response) => {
        const content = plain[nameOf(request.url)];
        response.writeHead(200, content ? {} : { 'content-type': type });
        response.end(content ?? page);
      };
      const model = await loadModel(base);
      expect(model.config.fam.famLength).toBe(0);
      model.dispose();
      delete plain['model.safetensors'];
      await refusal(/There is no model\.safetensors in http/);
      answers = (_, response) => response.writeHead(200, { 'content-type': type }).end(page);
      await refusal(/There is no config\.json in http/);
    },
  );

  test.each([
    [401, 'sign in'],
    [403, 'ask the owner'],
    [429, 'wait'],
    [500, 'try again later'],
  ])('says what to do about %i', async (status, remedy) => {
    answers = (_, response) => response.writeHead(status).end();
    await refusal(new RegExp(`answered with ${status}.*${remedy}`));
  });

  test('that breaks off, or is not reached, is refused', async () => {
    answers = (request, response) => {
      if (nameOf(request.url) !== 'model.safetensors') return plainly(request, response);
      const content = files['model.safetensors']!;
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 1000), () => response.destroy());
    };
    await refusal('does not arrive');
    const there = base;
    base = 'http://127.0.0.1:9/models';
    await refusal('does not arrive');
    base = there;
  });

  test('is asked again on a new connection when one that was kept is closed', async () => {
    const closed = new Set<string>();
    answers = (request, response) => {
      const name = nameOf(request.url);
      if (closed.has(name)) return plainly(request, response);
      closed.add(name);
      return request.socket.destroy();
    };
    (await loadModel(base)).dispose();
    expect(closed.size).toBeGreaterThan(3);
  });

  test('that lies about a file is refused by its digest', async () => {
    answers = (request, response) => {
      const content = files[nameOf(request.url)];
      response
        .writeHead(content ? 200 : 404)
        .end(content && Buffer.from(content).map((byte, i) => (i === 9000 ? byte ^ 1 : byte)));
    };
    await refusal('model.safetensors in http');
  });

  test('stops when it is told to', async () => {
    const controller = new AbortController();
    answers = (request, response) => {
      if (nameOf(request.url) !== 'model.safetensors') return plainly(request, response);
      response.writeHead(200).write(files['model.safetensors']!.subarray(0, 1000));
      setTimeout(() => controller.abort(), 20);
    };
    await expect(loadModel(base, { signal: controller.signal })).rejects.toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    );
  });
});

describe('a model behind a URL, in parts', () => {
  const weights = 'model.safetensors';
  /** Ranges that were asked of the weights. */
  let ranges: (string | undefined)[];
  let whole: typeof files;
  beforeEach(() => {
    ranges = [];
    whole = files;
    // A FAM's own file would be read in between.
    files = Object.fromEntries(Object.entries(files).filter(([name]) => !name.startsWith('fam.')));
  });
  afterEach(() => {
    files = whole;
  });

  /** Answers about the weights one after the other in these ways, then as a server of ranges does. */
  function answerWeights(...ways: ((response: ServerResponse, range: string | undefined) => void)[]): void {
    answers = (request, response) => {
      if (nameOf(request.url) !== weights) return plainly(request, response);
      ranges.push(request.headers.range);
      const way = ways.shift();
      if (way) way(response, request.headers.range);
      else sendFile(files[weights]!, request, response);
    };
  }
  /** Begins to send all of it, and breaks the line when so much has arrived. */
  const brokenAt =
    (at: number, headers: Record<string, string> = {}) =>
    (response: ServerResponse) => {
      const content = files[weights]!;
      response.writeHead(206, {
        ...{ 'content-length': content.length, ...headers },
        'content-range': `bytes 0-${content.length - 1}/${content.length}`,
      });
      arrived = (loaded) => loaded === at && response.destroy();
      response.write(content.subarray(0, at));
    };
  let arrived: (loaded: number) => unknown;
  const load = () =>
    loadModel(base, { onProgress: ({ file, loaded }) => file === weights && arrived(loaded) });

  test('goes on where the line broke, if it is the same file still', async () => {
    const plain = await loadModel(base);
    const print = await plain.fingerprint();
    plain.dispose();
    const tag = { etag: '"one"' };
    answerWeights(brokenAt(9000, tag), (response, range) => {
      const from = Number(/^bytes=(\d+)-$/.exec(range!)![1]);
      const rest = files[weights]!.subarray(from);
      const { length } = files[weights]!;
      response.writeHead(206, { ...tag, 'content-range': `bytes ${from}-${length - 1}/${length}` }).end(rest);
    });
    const model = await load();
    expect(await model.fingerprint()).toBe(print);
    model.dispose();
    expect(ranges).toEqual(['bytes=0-', 'bytes=9000-']);
  });

  test.each([
    ['tag', { etag: '"one"' }, { etag: '"two"' }],
    [
      'date',
      { 'last-modified': new Date(0).toUTCString() },
      { 'last-modified': new Date(1e9).toUTCString() },
    ],
  ])('is refused when the file gets another %s in between', async (_, before, after) => {
    for (const status of [206, 200]) {
      answerWeights(brokenAt(9000, before), (response) => {
        const content = files[weights]!;
        const rest = status === 206 ? content.subarray(9000) : content;
        const range = `bytes 9000-${content.length - 1}/${content.length}`;
        response.writeHead(status, { ...after, 'content-length': rest.length, 'content-range': range });
        response.end(rest);
      });
      await refusal('is another file than it was', load);
    }
  });

  test.each(['bytes 0-9/20', 'bytes 9001-9002/9003', 'bytes 9000-9009/*', 'nonsense'])(
    'is refused when the bytes from 9000 on are answered with the range %s',
    async (range) => {
      answerWeights(brokenAt(9000), (response) =>
        response.writeHead(206, { 'content-range': range }).end('0123456789'),
      );
      await refusal('is answered with other bytes than were asked for', load);
    },
  );

  test('in many shards holds one connection at a time', async () => {
    const shards = 9;
    const entries = Object.entries(readSafetensors(files[weights]!).tensors);
    const named = (i: number) => `model-0000${(i % shards) + 1}-of-00009.safetensors`;
    const sharded: Record<string, Uint8Array> = {};
    for (let i = 0; i < shards; i++) {
      const part = Object.fromEntries(entries.filter((_, at) => named(at) === named(i)));
      // Larger than what lies in the buffers of a connection that nobody reads.
      part[`model.layers.${i}.self_attn.rotary_emb.inv_freq`] = {
        ...{ dtype: 'F32', shape: [1 << 21], data: new Uint8Array(1 << 23) },
      };
      sharded[named(i)] = writeSafetensors(part);
    }
    const weight_map = Object.fromEntries(entries.map(([name], i) => [name, named(i)]));
    const { [weights]: _, ...others } = files;
    const all: Record<string, Uint8Array> = { ...others, ...sharded };
    all['model.safetensors.index.json'] = new TextEncoder().encode(JSON.stringify({ weight_map }));
    const open = new Set<string>();
    let most = 0;
    const counts: Record<string, number> = {};
    answers = (request, response) => {
      const name = nameOf(request.url);
      if (!all[name]) return response.writeHead(404).end();
      if (name in sharded) counts[name] = (counts[name] ?? 0) + 1;
      open.add(name);
      response.on('close', () => open.delete(name));
      most = Math.max(most, open.size);
      return sendFile(all[name], request, response);
    };
    (await loadModel(base)).dispose();
    // One for its header and one for what follows; a third where what is not needed is left out.
    for (const count of Object.values(counts)) expect(count).toBeLessThan(4);
    // What is closed here is closed there a moment later.
    expect(most).toBeLessThan(4);
  });
});
