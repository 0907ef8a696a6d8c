/** Documents in tokens: the same from any number of threads and from a disk, whose files are trusted only when they are sound. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { heldBytes } from '@famjs/testing/held-bytes';
import { openFilesIn, seesOpenFiles } from '@famjs/testing/open-files';
import { loadTokenizer, openSealed, sealValues, type Tokenizer } from '@famjs/zoo';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  documentsTask,
  hashOfNumbers,
  inMemory,
  joined,
  mixture,
  packed,
  type Task,
  type TokenSource,
  textTask,
  withRepeatedSegment,
} from '../src/index.ts';
import { type OpenDocuments, openDocuments, readDocuments } from '../src/node.ts';

const definition = {
  model: {
    type: 'BPE',
    vocab: Object.fromEntries([...'abcdefgh <>\n'].map((letter, id) => [letter, id])),
    merges: [],
  },
  pre_tokenizer: { type: 'Split', pattern: { String: ' ' }, behavior: 'Isolated', invert: false },
  decoder: { type: 'Fuse' },
};
const settings = {
  chat_template:
    "{% for m in messages %}{% if m['content'] == 'h' %}{{ raise_exception('no h') }}{% endif %}<{{ m['content'] }}>{% endfor %}{% if add_generation_prompt %}<{% endif %}",
};
const end = 11;
const lines = Array.from({ length: 60 }, (_, i) => {
  const text = 'abcdefgh '.repeat(i < 6 ? 2 : 1 + 90 * (i % 9)).slice(i % 7);
  if (i % 3 === 0) return { text };
  if (i % 3 === 1) return { prompt: text, completion: 'abc' };
  return {
    messages: [
      { role: 'user', content: text },
      { role: 'assistant', content: 'ab' },
    ],
  };
});

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'famjs-tokens-'));
  writeFileSync(path.join(folder, 'lines.jsonl'), lines.map((line) => JSON.stringify(line)).join('\n'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const plain = (documents: Awaited<ReturnType<typeof readDocuments>>) =>
  documents.map(({ tokens, weights }) => [Array.from(tokens), weights && Array.from(weights)]);

const plainIn = async (source: TokenSource) => {
  const parts = Array.from({ length: source.documents }, (_, i) => source.read(i, 0, source.lengthOf(i)));
  return plain(await Promise.all(parts));
};

test('threads make what this one makes, in its order; what they refuse is told, and an abort ends them', async () => {
  const refused = (line: object, i: number) =>
    JSON.stringify(
      i === 55
        ? {
            messages: [
              { role: 'user', content: 'h' },
              { role: 'assistant', content: 'a' },
            ],
          }
        : line,
    );
  writeFileSync(path.join(folder, 'odd.jsonl'), lines.map(refused).join('\n'));
  const url = (of: string) => JSON.stringify(new URL(of, import.meta.url).href);
  const script = `(async () => {
    const { openDocuments, readDocuments } = await import(${url('../src/node.ts')});
    const { aboutDocuments } = await import(${url('../src/data/about-documents.ts')});
    const { loadTokenizer } = await import(${url('../../zoo/src/index.ts')});
    const tokenizer = loadTokenizer(${JSON.stringify(definition)}, ${JSON.stringify(settings)});
    const read = (name, options) => readDocuments(${JSON.stringify(folder)} + '/' + name, tokenizer, ${end}, options);
    const found = [];
    for (const workers of [0, 2]) {
      const cache = ${JSON.stringify(folder)} + '/of-' + workers;
      const place = ${JSON.stringify(folder)} + '/lines.jsonl';
      const opened = await openDocuments(place, tokenizer, ${end}, { cache, workers });
      found.push(aboutDocuments(opened));
      await opened.close();
    }
    const error = await read('odd.jsonl', { workers: 1 }).catch((error) => error);
    const stop = new AbortController();
    const stopped = read('lines.jsonl', { workers: 1, signal: stop.signal }).catch((error) => error.name);
    setTimeout(() => stop.abort(), 1);
    console.log(JSON.stringify([found, error.name, error.message, await stopped]));
  })()`;
  const loader = new URL('../../../tooling/source.mjs', import.meta.url).href;
  const args = ['--conditions=@famjs/source', '--import', loader, '-e', script];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const [[here, two], name, message, stopped] = JSON.parse(stdout);
  expect(here.documents).toBe(lines.length);
  expect(two).toEqual(here);
  const [alone, threads] = ['of-0', 'of-2'].map((cache) => {
    const [kept] = readdirSync(path.join(folder, cache));
    return readFileSync(path.join(folder, cache, kept!));
  });
  expect(alone!.equals(threads!)).toBe(true);
  expect([name, stopped]).toEqual(['ChatTemplateError', 'AbortError']);
  expect(message).toContain('no h');
}, 300_000);

test('a text is tokenised once for its tokenizer; files that are damaged, or are of others, are made anew', async () => {
  const cache = path.join(folder, 'cache');
  const few = lines.slice(0, 6);
  const file = path.join(folder, 'few.jsonl');
  writeFileSync(file, few.map((line) => JSON.stringify(line)).join('\n'));
  const read = async (vocabulary = definition) => {
    const tokenizer = loadTokenizer(vocabulary, settings);
    let calls = 0;
    const counted: Tokenizer = {
      ...tokenizer,
      encode: (...given) => {
        calls++;
        return tokenizer.encode(...given);
      },
    };
    const opened = await openDocuments(file, counted, end, { cache });
    try {
      return { documents: await plainIn(opened), calls };
    } finally {
      await opened.close();
    }
  };
  const without = plain(await readDocuments(file, loadTokenizer(definition, settings), end));
  const first = await read();
  const second = await read();
  expect(first.documents).toEqual(without);
  expect(second.documents).toEqual(without);
  expect(first.calls).toBeGreaterThan(few.length);
  expect(second.calls).toBe(1); // What names the file.
  const [name] = readdirSync(cache);
  const kept = path.join(cache, name!);
  const sound = readFileSync(kept);
  const { notes, values } = await openSealed(sound, 'tokens', 'the cache');
  const { tokens, lengths, weighted, weights, hashes } = values;
  const changed = (what: object, about: object = notes as object) =>
    sealValues('tokens', about, { ...values, ...what });
  const flipped = Buffer.from(sound);
  flipped[sound.length - 5]! ^= 1;
  const as = ({ shape, values }: NonNullable<typeof tokens>, index: number, value: number) => ({
    shape,
    values: values.map((old, i) => (i === index ? value : old)) as Int32Array,
  });
  for (const [what, bytes] of Object.entries({
    'a bit': flipped,
    'half of it': sound.subarray(0, sound.length >> 1),
    'another key': await changed({}, { version: 2, key: 'other' }),
    'another version': await changed({}, { ...(notes as object), version: 1 }),
    'no key': await changed({}, { version: 2 }),
    'a token beyond the vocabulary': await changed({ tokens: as(tokens!, 3, 12) }),
    'a token below 0': await changed({ tokens: as(tokens!, 3, -1) }),
    'a length': await changed({ lengths: as(lengths!, 0, 3) }),
    'a weight below 0': await changed({ weights: as(weights!, 0, -1) }),
    'weights of another document': await changed({ weighted: as(weighted!, 0, 1) }),
    'one hash less': await changed({
      hashes: { shape: [hashes!.values.length - 1], values: hashes!.values.slice(1) as Int32Array },
    }),
    'tokens that are floats': await changed({ tokens: { shape: weights!.shape, values: weights!.values } }),
    'no lengths': await sealValues('tokens', notes as object, { tokens: tokens! }),
    'nothing of ours': Buffer.from('{}'),
  })) {
    writeFileSync(kept, bytes);
    const { documents, calls } = await read();
    expect([what, calls]).toEqual([what, first.calls]);
    expect(documents, what).toEqual(without);
    expect(readFileSync(kept).equals(sound), what).toBe(true);
    expect(openFilesIn(cache), what).toEqual([]);
  }
  const more = { ...definition.model.vocab, i: 12 };
  await read({ ...definition, model: { ...definition.model, vocab: more } });
  expect(readdirSync(cache)).toHaveLength(2);
});

/** Every kind of batch that tokens of texts are read into. */
const tasksOf = (source: TokenSource): Record<string, Task> => {
  const text = packed(source, end);
  const shape = { rows: 3, length: 40 };
  const random = textTask(text, { ...shape, order: 'random' });
  const repeated = withRepeatedSegment(random, { prefix: [1, 2], count: 5 });
  const shares = [
    { task: repeated, weight: 2 },
    { task: textTask(packed(source), { rows: 2, length: 30 }), weight: 1 },
  ];
  return {
    ...{ random, repeated },
    lanes: textTask(text, { ...shape, order: 'lanes' }),
    documents: documentsTask(source, { ...shape, end }),
    mixture: mixture(shares),
  };
};

/** Of tokens, labels, weights and places of some steps, as they were when all texts were in memory. */
const streams = {
  random: 802_219_230,
  repeated: 1_170_303_078,
  lanes: 3_404_342_961,
  documents: 4_284_787_852,
  mixture: 3_093_002_163,
};

test('a disk gives the batches that memory gives, of every task, and at any step', async () => {
  const tokenizer = loadTokenizer(definition, settings);
  const places = ['lines.jsonl', 'few.jsonl'].map((name) => path.join(folder, name));
  writeFileSync(
    places[1]!,
    lines
      .slice(0, 6)
      .map((line) => JSON.stringify(line))
      .join('\n'),
  );
  const memory = inMemory(
    (await Promise.all(places.map((place) => readDocuments(place, tokenizer, end)))).flat(),
  );
  const opened: OpenDocuments[] = [];
  const cache = path.join(folder, 'streams');
  for (const place of places) opened.push(await openDocuments(place, tokenizer, end, { cache }));
  const disk = joined(opened);
  const steps = [0, 1, 2, 3, 50, 51, 700, 2];
  const [here, there] = [tasksOf(memory), tasksOf(disk)];
  for (const name of Object.keys(streams) as (keyof typeof streams)[]) {
    expect(there[name]!.about, name).toEqual(here[name]!.about);
    const numbers: number[] = [];
    for (const step of steps) {
      const batch = await there[name]!.batch(step, 5);
      expect(batch, `${name} at ${step}`).toEqual(await here[name]!.batch(step, 5));
      const { places, labels, weights } = batch.targets;
      for (const part of [batch.tokens, labels, weights, places]) numbers.push(...part);
      numbers.push(...(batch.continues ?? []).map(Number));
    }
    expect([name, hashOfNumbers(numbers)]).toEqual([name, streams[name]]);
  }
  await Promise.all(opened.map((documents) => documents.close()));
});

test('of a text on a disk a run holds what it reads, however long the text is', async () => {
  const tokenizer = loadTokenizer(definition, settings);
  const place = path.join(folder, 'long.txt');
  writeFileSync(place, 'abc defgh '.repeat(100_000));
  const before = heldBytes();
  const documents = await openDocuments(place, tokenizer, end, { cache: path.join(folder, 'long') });
  expect(documents.lengthOf(0)).toBe(1_000_000);
  for (const [name, task] of Object.entries(tasksOf(documents))) {
    for (let step = 0; step < 50; step++) await task.batch(step, 3);
    expect((heldBytes() - before) / 1e6, name).toBeLessThan(0.5);
  }
  await documents.close();
});

test('a file that is removed or replaced is still read; one that is written to is told, with no token of it; what is closed is closed', async () => {
  const tokenizer = loadTokenizer(definition, settings);
  const cache = path.join(folder, 'held');
  const open = () => openDocuments(path.join(folder, 'lines.jsonl'), tokenizer, end, { cache });
  const documents = await readDocuments(path.join(folder, 'lines.jsonl'), tokenizer, end);
  const whole = async (source: TokenSource) => {
    const all = packed(source);
    return Buffer.from((await all.read(0, 0, all.lengthOf(0))).tokens.buffer);
  };
  const expected = await whole(inMemory(documents));
  const first = await open();
  const [name] = readdirSync(cache);
  const kept = path.join(cache, name!);
  const sound = readFileSync(kept);
  if (seesOpenFiles) expect(openFilesIn(cache)).toEqual([name]);

  rmSync(kept);
  expect(expected.equals(await whole(first))).toBe(true);
  const second = await open(); // Made anew: another file of the same name.
  await first.close();
  if (seesOpenFiles) expect(openFilesIn(cache)).toEqual([name]);
  expect(expected.equals(await whole(second))).toBe(true);

  const head = Number(sound.readBigUInt64LE(0)) + 8;
  const { data_offsets } = JSON.parse(sound.subarray(8, head).toString()).tokens;
  const damaged = Buffer.from(sound);
  damaged[head + data_offsets[0] + 4 * 20_000]! ^= 1; // A token of the vocabulary still.
  writeFileSync(kept, damaged);
  const told = expect.objectContaining({
    name: 'CheckpointError',
    complaint: {
      wrong: expect.stringMatching(/are no longer what they were .*other bytes/),
      expected: expect.any(String),
      remedy: expect.stringMatching(/remove it and start again/),
    },
  });
  await expect(whole(second)).rejects.toEqual(told);
  await expect(packed(second).read(0, 19_900, 20_100)).rejects.toEqual(told);
  const beside = await packed(second).read(0, 0, 9);
  expect([...beside.tokens]).toEqual(Array.from(documents[0]!.tokens).slice(0, 9));
  writeFileSync(kept, sound);
  expect(expected.equals(await whole(second))).toBe(true);
  truncateSync(kept, sound.length - 40_000);
  await expect(whole(second)).rejects.toThrow(/no longer what they were .*it ends at byte/);
  await second.close();
  await expect((async () => second.read(0, 0, 1))()).rejects.toThrow(/no longer what they were/);
  expect(openFilesIn(cache)).toEqual([]);
});
