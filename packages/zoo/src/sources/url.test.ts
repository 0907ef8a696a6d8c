/** Models behind URLs, from a server that has them, has them not, lies, or breaks off. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CheckpointError, setBackend } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { smallModel, smallTokenizer } from '../../test/small-model.ts';
import { modelFiles } from '../formats/model-files.ts';
import { loadModel } from '../load-model.ts';

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

async function refusal(complaint: string | RegExp): Promise<void> {
  const { numTensors } = tf.memory();
  const caught = await loadModel(base).catch((caught) => caught);
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
