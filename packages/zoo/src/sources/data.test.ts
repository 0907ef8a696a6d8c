/** Where data lies: on a disk, behind a URL whose line may break, in datasets of a Hub. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { sendFile, startHub } from '@famjs/testing/hub';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { type DataFile, dataFiles } from './data.node.ts';
import { cachedRepos, removeCachedRepo } from './hub/cache.node.ts';
import { datasetName } from './hub/name.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'famjs-data-'));
});
afterAll(() => rm(folder, { recursive: true }));

const textOf = async ({ open }: DataFile) => {
  const file = await open();
  return new TextDecoder().decode(await file.read(0, file.size));
};
const texts = async (place: string) => {
  const files = await dataFiles(place, { folder });
  return Promise.all(files.map(async (file) => [path.basename(file.name), await textOf(file)]));
};
const bytes = (text: string) => new TextEncoder().encode(text);

test('files of a folder come in the order of their names, one by its path or its URL; what is not there is told', async () => {
  await mkdir(path.join(folder, 'books/more'), { recursive: true });
  for (const [name, text] of [
    ['b.jsonl', '{}'],
    ['a.txt', 'A'],
    ['more/c.TXT', 'C'],
    ['notes.md', 'no'],
  ] as const)
    await writeFile(path.join(folder, 'books', name), text);
  expect(await texts('books')).toEqual([
    ['a.txt', 'A'],
    ['b.jsonl', '{}'],
    ['c.TXT', 'C'],
  ]);
  expect(await texts('books/notes.md')).toEqual([['notes.md', 'no']]);
  expect(await texts(pathToFileURL(path.join(folder, 'books/a.txt')).href)).toEqual([['a.txt', 'A']]);
  await mkdir(path.join(folder, 'empty'));
  await expect(texts('empty')).rejects.toThrow('There is no .txt, .jsonl or .parquet file in');
  await expect(texts('none.txt')).rejects.toThrow(/There is no file .*none\.txt/);
});

test('a file behind a URL goes on where its line broke; one that is none is refused', async () => {
  const content = bytes('x'.repeat(50_000));
  const asked: (string | undefined)[] = [];
  const answer: RequestListener = (request, response) => {
    asked.push(request.headers.range);
    if (!request.url!.startsWith('/a.txt')) return void response.writeHead(404).end();
    if (asked.length > 1) return sendFile(content, request, response);
    response.writeHead(206, { 'content-length': 50_000, 'content-range': 'bytes 0-49999/50000' });
    response.write(content.subarray(0, 20_000), () => response.destroy());
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [file] = await dataFiles(`${base}/a.txt?key=1`);
  expect(await textOf(file!)).toBe('x'.repeat(50_000));
  expect(asked).toHaveLength(2);
  expect(Number(/^bytes=(\d+)-$/.exec(asked[1]!)![1])).toBeGreaterThan(0);
  const [none] = await dataFiles(`${base}/none.parquet`);
  await expect(textOf(none!)).rejects.toThrow(/There is no file at .*none\.parquet/);
});

test('a dataset of the Hub is kept beside the models, by its revision, whole or what a path begins with', async () => {
  const files = {
    'data/train-0.jsonl': bytes('{"text": "a"}'),
    'data/test-0.jsonl': bytes('{"text": "b"}'),
    'README.md': bytes('# Data'),
  };
  const hub = await startHub('someone/poems', files, 'datasets');
  onTestFinished(() => {
    hub.close();
    vi.unstubAllEnvs();
  });
  const cache = path.join(folder, 'cache');
  for (const [name, value] of Object.entries({
    ...{ HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: cache, HF_TOKEN: '', HF_HUB_OFFLINE: '' },
  }))
    vi.stubEnv(name, value);
  const downloads = () => hub.asked.filter((line) => line.includes('/resolve/'));

  const [train] = await dataFiles('someone/poems/data/train');
  expect([train!.name, await textOf(train!)]).toEqual(['someone/poems/data/train-0.jsonl', '{"text": "a"}']);
  expect(downloads()).toHaveLength(1);
  expect(await texts(`someone/poems@${hub.commit}`)).toEqual([
    ['test-0.jsonl', '{"text": "b"}'],
    ['train-0.jsonl', '{"text": "a"}'],
  ]);
  expect(downloads()).toHaveLength(2);
  expect(await readdir(cache)).toEqual(['datasets--someone--poems']);
  vi.stubEnv('HF_HUB_OFFLINE', '1');
  expect(await texts(`someone/poems@${hub.commit}`)).toHaveLength(2);
  vi.stubEnv('HF_HUB_OFFLINE', '');
  await expect(texts('someone/poems/none')).rejects.toThrow(
    /whose path begins with none in the dataset someone\/poems.*README\.md/,
  );
  await expect(texts('someone/poems@v9')).rejects.toThrow('correct what stands after @');
  await expect(texts('someone/else')).rejects.toThrow('check the name');
  expect(await cachedRepos()).toMatchObject([{ repo: 'datasets/someone/poems' }]);
  await removeCachedRepo('datasets/someone/poems');
  expect(await readdir(cache)).toEqual([]);
});

test.each([
  ['a/b', { repo: 'a/b', revision: 'main', file: undefined, kind: 'data' }],
  ['a/b/data/train-00000-of-00002.parquet@v1', { file: 'data/train-00000-of-00002.parquet', revision: 'v1' }],
  ['a/b/lang=en/x (1).jsonl', { repo: 'a/b', file: 'lang=en/x (1).jsonl' }],
])('%s names a dataset', (text, expected) => expect(datasetName(text)).toMatchObject(expected));

test.each(['a', './a/b', '../a/b', 'a/b/', 'a/b/../c', 'a/b@', 'a/b@../c', '/a/b/c'])(
  '%s names none',
  (text) => expect(datasetName(text)).toBeUndefined(),
);
