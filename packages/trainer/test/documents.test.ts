/** Sources of batches from documents: whole, in order, at the very token again, and repeated where they are to be. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadTokenizer } from '@famjs/zoo';
import { expect, onTestFinished, test } from 'vitest';
import { charactersOf } from '../src/data/examples.ts';
import { linesOf } from '../src/data/lines.ts';
import { examplePieces } from '../src/data/read-examples.ts';
import {
  type BrokenLine,
  type Document,
  documentOf,
  documentsTask,
  type Example,
  examplesOfJsonl,
  mixture,
  packed,
  type Task,
  textTask,
  withRepeatedSegment,
} from '../src/index.ts';
import { readExamples } from '../src/node.ts';

/** Documents of distinct tokens: 100 and on, 200 and on … */
const documents: Document[] = [9, 3, 14, 1, 6].map((length, i) => ({
  tokens: Array.from({ length }, (_, at) => 100 * (i + 1) + at),
}));
const options = { rows: 2, length: 4, end: 0 };

test('lanes read every document from beginning to end, and start anew where one begins', async () => {
  const task = documentsTask(documents, options);
  const read: number[][] = [];
  const open: (number[] | undefined)[] = [];
  for (let step = 0; step < 12; step++) {
    const { tokens, targets, continues } = await task.batch(step, 3);
    for (let row = 0; row < 2; row++) {
      if (!continues![row]) {
        open[row] = [];
        read.push(open[row]!);
      }
      const mine = [...targets.places.keys()].filter((i) => Math.floor(targets.places[i]! / 4) === row);
      for (const i of mine) {
        open[row]!.push(tokens[targets.places[i]!]!);
        expect(targets.labels[i]).toBe(tokens[targets.places[i]!]! + 1);
      }
      expect([...tokens.slice(row * 4, row * 4 + 4)].filter(Boolean)).toHaveLength(mine.length);
    }
  }
  const whole = read.filter((tokens) =>
    documents.some((document) => document.tokens.length - 1 === tokens.length),
  );
  expect(new Set(whole.map(([first]) => first)).size).toBe(4);
  for (const tokens of whole) {
    expect(tokens).toEqual(Array.from({ length: tokens.length }, (_, at) => tokens[0]! + at));
  }
});

test('where lanes stand follows from the step alone, and the order of the next round is another', async () => {
  const [all, late] = [documentsTask(documents, options), documentsTask(documents, options)];
  const batches = await Promise.all(Array.from({ length: 30 }, (_, step) => all.batch(step, 3)));
  expect(await late.batch(23, 3)).toEqual(batches[23]);
  expect(await late.batch(23, 4)).not.toEqual(batches[23]);
});

test('packed documents are one, from any token to any other, and count as they are told to', async () => {
  const given = [{ tokens: [5, 6], weights: [0, 2] }, { tokens: [] }, { tokens: [7] }];
  const source = packed(given, 9);
  const [tokens, weights] = [
    [5, 6, 9, 9, 7, 9],
    [0, 2, 2, 0, 1, 1],
  ];
  expect([source.documents, source.lengthOf(0)]).toEqual([1, 6]);
  for (let from = 0; from < 6; from++) {
    for (let to = from; to <= 6; to++) {
      const part = await source.read(0, from, to);
      expect([[...part.tokens], [...part.weights!]]).toEqual([
        tokens.slice(from, to),
        weights.slice(from, to),
      ]);
    }
  }
  expect([...(await packed(given).read(0, 1, 3)).tokens]).toEqual([6, 7]);
  const hashes = [packed(given, 9), packed(given, 8), packed(given), packed(given.slice(1), 9)].map(
    (source) => source.hashesOf(0),
  );
  expect(new Set(hashes.map(String)).size).toBe(4);
  expect(hashes[3]![1]).toBe(0);
});

test('a row ends with a part of it, which alone is predicted there', async () => {
  const text = Array.from({ length: 200 }, (_, i) => i);
  const task = withRepeatedSegment(textTask(text, { rows: 2, length: 20 }), {
    ...{ prefix: [900, 901], count: 5, weight: 0.25 },
  });
  const { tokens, targets } = await task.batch(1, 1);
  for (const row of [0, 1]) {
    const line = [...tokens.slice(row * 20, row * 20 + 20)];
    expect(line.slice(13, 15)).toEqual([900, 901]);
    const from = line.indexOf(line[15]!);
    expect(from).toBeLessThan(9);
    expect(line.slice(15)).toEqual(line.slice(from, from + 5));
    const weighed = [...targets.places.keys()].filter((i) => Math.floor(targets.places[i]! / 20) === row);
    expect(weighed.map((i) => [targets.places[i]! % 20, targets.weights[i]])).toEqual([
      ...Array.from({ length: 12 }, (_, at) => [at, 1]),
      ...Array.from({ length: 5 }, (_, at) => [14 + at, 0.25]),
    ]);
    for (const i of weighed) expect(targets.labels[i]).toBe(tokens[targets.places[i]! + 1]);
  }
  const short = withRepeatedSegment(textTask(text, { length: 8 }), { prefix: [1], count: 5 });
  await expect(short.batch(0, 0)).rejects.toThrow(/at least 11/);
});

const letters = [...'abcdefgh <>\n'];
const tokenizer = loadTokenizer(
  {
    model: { type: 'BPE', vocab: Object.fromEntries(letters.map((letter, id) => [letter, id])), merges: [] },
    pre_tokenizer: null,
    decoder: { type: 'Fuse' },
  },
  {
    chat_template:
      "{% for m in messages %}<{{ m['content'] }}>{% endfor %}{% if add_generation_prompt %}<{% endif %}",
  },
);

test('what a model is to say counts, what it is told does not', async () => {
  const counted = async (example: object) => {
    const [line] = examplesOfJsonl(JSON.stringify(example), 'a line');
    const { tokens, weights } = await documentOf(line!, tokenizer, 99);
    return Array.from(tokens, (token, i) => [letters[token] ?? 'end', weights?.[i] ?? 1]);
  };
  const spelled = (text: string, counts: number) => [...text].map((letter) => [letter, counts]);
  expect(await counted({ text: 'abc' })).toEqual(spelled('abc', 1));
  expect(await counted({ prompt: 'ab', completion: 'c' })).toEqual([
    ...spelled('ab', 0),
    ['c', 1],
    ['end', 1],
  ]);
  const messages = [
    { role: 'user', content: 'a' },
    { role: 'assistant', content: 'bc' },
  ];
  expect(await counted({ messages })).toEqual([...spelled('<a><', 0), ...spelled('bc>', 1)]);
});

test('broken lines are told by their numbers, and left out or an error', () => {
  const text = '{"text": "a"}\n\n{"text": \n{"other": 1}\n{"prompt": "a", "completion": "b"}';
  const broken: BrokenLine[] = [];
  expect(examplesOfJsonl(text, 'x.jsonl', (line) => broken.push(line))).toHaveLength(2);
  expect(broken.map(({ line }) => line)).toEqual([3, 4]);
  expect(broken[1]!.why).toContain('expected text, prompt and completion, or messages');
  expect(() => examplesOfJsonl(text, 'x.jsonl')).toThrow(/Line 3 of x.jsonl is no example/);
});

test('files are read in parts, and their examples come in pieces, the same as at once', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'famjs-pieces-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const texts = Array.from({ length: 40 }, (_, i) => '🌊 Fluß '.repeat(1 + (i % 5)) + i);
  const lines = texts.map((text) => JSON.stringify({ text })).join('\n\n');
  writeFileSync(path.join(folder, 'a.jsonl'), lines);
  writeFileSync(path.join(folder, 'b.txt'), 'The end.');
  const bytes = new TextEncoder().encode(lines);
  const reads: number[] = [];
  const file = {
    size: bytes.length,
    read: async (from: number, to: number) => {
      reads.push(to - from);
      return bytes.subarray(from, to);
    },
  };
  const found: string[] = [];
  for await (const { content, line } of linesOf(file, 'a.jsonl', 7)) {
    expect(line).toBe(found.length + 1);
    found.push(content);
  }
  expect(found).toEqual(lines.split('\n'));
  expect(Math.max(...reads)).toBe(7);

  const pieces: Example[][] = [];
  for await (const piece of examplePieces(folder, {}, 200)) pieces.push(piece);
  expect(pieces.flat()).toEqual([...texts, 'The end.'].map((text) => ({ text })));
  expect(pieces.length).toBeGreaterThan(3);
  for (const piece of pieces) expect(charactersOf(piece.slice(0, -1))).toBeLessThan(200);
  writeFileSync(path.join(folder, 'c.jsonl'), Buffer.from([0x7b, 0xc3]));
  await expect(readExamples(path.join(folder, 'c.jsonl'))).rejects.toThrow(/c.jsonl is no text in UTF-8/);
});

test('rows of Parquet are examples, those that are none are told, and what is no Parquet is refused', async () => {
  const file = path.join(import.meta.dirname, 'fixtures/examples.parquet');
  const broken: BrokenLine[] = [];
  const examples = await readExamples(file, { onBroken: (row) => broken.push(row) });
  expect(examples).toEqual([
    { text: 'The grass is green.' },
    { text: 'Über dem Fluß 🌊.' },
    {
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: 'bc' },
      ],
    },
  ]);
  expect(broken.map(({ line }) => line)).toEqual([4]);
  await expect(readExamples(file)).rejects.toThrow(/Row 4 of .*examples.parquet is no example/);
  const bytes = readFileSync(file);
  const folder = mkdtempSync(path.join(tmpdir(), 'famjs-parquet-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, damaged] of Object.entries({
    'no.parquet': Buffer.from('PAR1 but nothing else PAR1'),
    'cut.parquet': bytes.subarray(0, bytes.length - 100),
    'data.parquet': Buffer.from(bytes).fill(0xff, 4, 200),
  })) {
    writeFileSync(path.join(folder, name), damaged);
    await expect(readExamples(path.join(folder, name))).rejects.toThrow(
      expect.objectContaining({ name: 'CheckpointError', message: expect.stringContaining(name) }),
    );
  }
  await expect(readExamples(path.join(folder, 'none.parquet'))).rejects.toThrow(/There is no file/);

  const server = createServer((request, response) =>
    request.url === '/rows.parquet?download=true' ? response.end(bytes) : response.writeHead(404).end(),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/rows.parquet?download=true`;
  expect(await readExamples(url, { onBroken: () => {} })).toEqual(examples);
});

test('steps of a mixture come by its weights, the same again whenever asked; lanes and no weights are refused', async () => {
  const task = (name: string, continues?: boolean[]): Task => ({
    about: { name },
    batch: (step) => ({
      ...{ rows: 1, length: 1, tokens: Int32Array.of(step), continues },
      targets: { places: new Int32Array(), labels: new Int32Array(), weights: new Float32Array() },
      score: () => ({ [name]: 1 }),
    }),
  });
  const mixed = mixture([
    { task: task('often'), weight: 3 },
    { task: task('seldom'), weight: 1 },
  ]);
  const drawn = async (seed: number) => {
    const steps = Array.from({ length: 400 }, (_, step) => mixed.batch(step, seed));
    return (await Promise.all(steps)).map(({ score }) => Object.keys(score!(new Int32Array()))[0]);
  };
  const first = await drawn(1);
  expect(first).toEqual(await drawn(1));
  expect(first).not.toEqual(await drawn(2));
  expect(Math.abs(first.filter((name) => name === 'often').length - 300)).toBeLessThan(30);
  expect(mixed.about).toMatchObject({
    tasks: [
      { name: 'often', weight: 3 },
      { name: 'seldom', weight: 1 },
    ],
  });
  await expect(mixture([{ task: task('lanes', [true]), weight: 1 }]).batch(0, 0)).rejects.toThrow(/go on/);
  expect(() => mixture([{ task: task('none'), weight: 0 }])).toThrow(/weights 0/);
});
