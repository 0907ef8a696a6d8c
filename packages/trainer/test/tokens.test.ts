/** Documents in tokens: the same from any number of threads and from a disk, whose files are trusted only when they are sound. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { loadTokenizer, openSealed, sealValues, type Tokenizer } from '@famjs/zoo';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readDocuments } from '../src/node.ts';

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
    const { readDocuments } = await import(${url('../src/node.ts')});
    const { aboutDocuments } = await import(${url('../src/data/document.ts')});
    const { loadTokenizer } = await import(${url('../../zoo/src/index.ts')});
    const tokenizer = loadTokenizer(${JSON.stringify(definition)}, ${JSON.stringify(settings)});
    const read = (name, options) => readDocuments(${JSON.stringify(folder)} + '/' + name, tokenizer, ${end}, options);
    const found = [];
    for (const workers of [0, 2]) found.push(aboutDocuments(await read('lines.jsonl', { workers })));
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
  expect([name, stopped]).toEqual(['ChatTemplateError', 'AbortError']);
  expect(message).toContain('no h');
}, 60_000);

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
    return { documents: plain(await readDocuments(file, counted, end, { cache })), calls };
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
  const { tokens, lengths, weights } = values;
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
    'another key': await changed({}, { version: 1, key: 'other' }),
    'no key': await changed({}, { version: 1 }),
    'a token beyond the vocabulary': await changed({ tokens: as(tokens!, 3, 12) }),
    'a token below 0': await changed({ tokens: as(tokens!, 3, -1) }),
    'a length': await changed({ lengths: as(lengths!, 0, 3) }),
    'a weight below 0': await changed({ weights: as(weights!, 0, -1) }),
    'tokens that are floats': await changed({ tokens: { shape: weights!.shape, values: weights!.values } }),
    'no lengths': await sealValues('tokens', notes as object, { tokens: tokens! }),
    'nothing of ours': Buffer.from('{}'),
  })) {
    writeFileSync(kept, bytes);
    const { documents, calls } = await read();
    expect([what, calls]).toEqual([what, first.calls]);
    expect(documents, what).toEqual(without);
    expect(readFileSync(kept).equals(sound), what).toBe(true);
  }
  const more = { ...definition.model.vocab, i: 12 };
  await read({ ...definition, model: { ...definition.model, vocab: more } });
  expect(readdirSync(cache)).toHaveLength(2);
});
