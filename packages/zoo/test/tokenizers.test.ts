/** Real vocabularies: the ids of Rust's tokenizers, the chats of Python's Jinja, and no half of a character. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { describeReal, realModel, realText, realTokenizer, realTokenizers } from '@famjs/testing/real';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../src/formats/open-checkpoint.ts';
import {
  continuedTokens,
  incrementalDecoder,
  loadTokenizer,
  renderChat,
  type Tokenizer,
} from '../src/index.ts';
import { openSource } from '../src/sources/open-source.ts';

const here = path.join(import.meta.dirname, '../../../tooling/tokenizers');
const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'));

/** What generate.py beside the fixtures found. */
interface Expected {
  /** Lines of each text, all of them or so many. */
  texts: Record<string, number | null>;
  /** CRC-32 of every line's ids. */
  lines: string;
  edges: number[][];
  decoded: string[];
}
const edges: string[] = json(path.join(here, 'lines.json'));
const chats = json(path.join(here, 'fixtures/chats.json'));

const texts = { declarations: realText('declarations'), emma: realText('emma'), moby: realText('moby-dick') };

function suite(name: string, load: () => Promise<Tokenizer>, paths: Record<keyof typeof texts, string>) {
  const expected: Expected = json(path.join(here, `fixtures/${name}.json`));
  const files: Record<string, string> = { ...paths, 'moby-dick': paths.moby };
  const lines = Object.entries(expected.texts).flatMap(([text, most]) =>
    readFileSync(files[text]!, 'utf8')
      .split('\n')
      .slice(0, most ?? undefined),
  );
  let tokenizer: Tokenizer;

  test('encodes every line as Rust does', async () => {
    tokenizer = await load();
    const checks = Buffer.from(expected.lines, 'base64');
    expect(checks).toHaveLength(4 * lines.length);
    const other = lines.filter(
      (line, i) => crc32(tokenizer.encode(line).join(' ')) !== checks.readUInt32LE(4 * i),
    );
    expect(other).toEqual([]);
  });

  test('encodes and decodes strange lines as Rust does', () => {
    edges.forEach((line, i) => {
      expect(tokenizer.encode(line), JSON.stringify(line)).toEqual(expected.edges[i]);
      const text = tokenizer.decode(expected.edges[i]!, { specialTokens: false });
      expect(text, JSON.stringify(line)).toBe(expected.decoded[i]);
    });
  });

  test('shows text as it comes, and never half a character', () => {
    const some = lines.filter((_, i) => i % 40 === 0);
    for (const line of [...edges, ...some]) {
      const tokens = tokenizer.encode(line, { specialTokens: false });
      const decoder = incrementalDecoder(tokenizer, []);
      const pieces = tokens.map((token) => decoder.push(token).text);
      expect(pieces.join('')).toBe(tokenizer.decode(tokens, { specialTokens: false }));
      expect(pieces.filter((piece) => /\uFFFD|^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/.test(piece))).toEqual([]);
    }
  });

  test('reads a text in pieces as the whole, opened once', async () => {
    const text = lines.slice(2000, 2100).join('\n');
    const read: number[] = [];
    for await (const run of continuedTokens(tokenizer, text, true)) read.push(...run);
    expect(read).toEqual(tokenizer.encode(text));
    const { bos } = tokenizer.specialTokens;
    const opening = bos === undefined ? undefined : tokenizer.tokenOf(bos);
    const opens = ['llama2', 'gemma3'].includes(name);
    expect(read.filter((token) => token === opening)).toHaveLength(opens ? 1 : 0);
  });

  test('reads one letter again and again as the whole, without ever looking at all of it', async () => {
    for (const letter of [' ', '7']) {
      const text = letter.repeat(10_000);
      const [read, longest]: [number[], number[]] = [[], []];
      const encode: Tokenizer['encode'] = (part, options) => {
        longest.push(part.length);
        return tokenizer.encode(part, options);
      };
      for await (const run of continuedTokens({ ...tokenizer, encode }, text, false)) read.push(...run);
      expect(read).toEqual(tokenizer.encode(text, { specialTokens: false }));
      expect(Math.max(...longest)).toBeLessThanOrEqual(16_384);
    }
  });

  test.skipIf(!chats.texts[name])('renders chats as Jinja does', async () => {
    const rendered: string[] = [];
    for (const messages of chats.conversations) {
      for (const reply of [true, false])
        rendered.push(await renderChat(tokenizer, { messages, reply, time: 0 }));
    }
    expect(rendered).toEqual(chats.texts[name]);
  });
}

for (const name of realTokenizers) {
  describeReal(
    `the tokenizer of ${name}`,
    { folder: realTokenizer(name), ...texts },
    ({ folder, ...paths }) => {
      const file = (of: string) => json(path.join(folder, of));
      suite(name, async () => loadTokenizer(file('tokenizer.json'), file('tokenizer_config.json')), paths);
    },
  );
}

describeReal(
  'the tokenizer of SmolLM2, out of GGUF',
  { model: realModel(), ...texts },
  ({ model, ...paths }) => {
    const load = async () => {
      const checkpoint = await openCheckpoint(await openSource(model, {}, 'model'), true);
      return loadTokenizer(
        await checkpoint.json('tokenizer.json'),
        await checkpoint.json('tokenizer_config.json'),
      );
    };
    suite('smollm2', load, paths);
  },
);
