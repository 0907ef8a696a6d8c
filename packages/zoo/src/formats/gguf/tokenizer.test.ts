/** Vocabularies as GGUF keeps them give the ids of the tokenizer.json that they come from. */
import { readFileSync } from 'node:fs';
import { describeReal, realText, realTokenizer } from '@famjs/testing/real';
import { describe, expect, test } from 'vitest';
import { loadTokenizer, type Tokenizer } from '../../tokenizers/tokenizer.ts';
import type { GgufValue } from './bytes.ts';
import { notesOf } from './notes.ts';
import { tokenizerFromGguf } from './tokenizer.ts';

interface TokenizerJson {
  model: { vocab: Record<string, number>; merges: (string | [string, string])[] };
  added_tokens: { id: number; content: string; special: boolean }[];
}

/** The vocabulary as llama.cpp's converter writes it. */
function asGguf({ model, added_tokens }: TokenizerJson, pre: string | undefined): Map<string, GgufValue> {
  const tokens: string[] = [];
  for (const [token, id] of Object.entries(model.vocab)) tokens[id] = token;
  const types: number[] = tokens.map((token) => (/^<0x[0-9A-F]{2}>$/.test(token) ? 6 : 1));
  for (const { id, content, special } of added_tokens) {
    // llama.cpp keeps the spaces of a user's own tokens as spaces.
    tokens[id] = special ? content : content.replaceAll('▁', ' ');
    types[id] = special ? 3 : 4;
  }
  for (let id = 0; id < tokens.length; id++) {
    if (tokens[id] === undefined) [tokens[id], types[id]] = [`[PAD${id}]`, 5];
  }
  const shared = { 'tokenizer.ggml.tokens': tokens, 'tokenizer.ggml.token_type': types };
  const merges = model.merges.map((merge) => (Array.isArray(merge) ? merge.join(' ') : merge));
  const ranks = new Map<string, number>();
  for (const [rank, merge] of merges.entries()) {
    const token = merge.replace(' ', '');
    if (!ranks.has(token)) ranks.set(token, rank);
  }
  const own = pre
    ? { 'tokenizer.ggml.model': 'gpt2', 'tokenizer.ggml.pre': pre, 'tokenizer.ggml.merges': merges }
    : {
        'tokenizer.ggml.model': 'llama',
        // Scores of SentencePiece's BPE are ranks; a user's own tokens have the score 0.
        'tokenizer.ggml.scores': tokens.map((token, id) =>
          types[id] === 4 ? 0 : -(ranks.get(token) ?? 1e9),
        ),
        'tokenizer.ggml.unknown_token_id': tokens.indexOf('<unk>'),
      };
  return new Map<string, GgufValue>(Object.entries({ ...shared, ...own }));
}

const made = (notes: Map<string, GgufValue>): Tokenizer => {
  const { tokenizer, config } = tokenizerFromGguf(notesOf(notes, 'the file'), 'llama', 'the file');
  return loadTokenizer(tokenizer, config);
};

const strange = [
  'The pass key is 90817. It’s here, isn’t it?  Two  spaces,\ttabs\t\t and\n\n\nlines \r\n',
  ' leading, trailing ',
  '',
  'ÄÖÜ äöü ß — naïve café Ελληνικά Русский עברית العربية हिन्दी 日本語 한국어 ไทย 𝔘𝔫𝔦 👩‍👩‍👧‍👦',
  "I'LL you'Ve we'd 1234567 3.14159 ١٢٣ x=y;{}[]<>/\\|@#$%^&*()_+-=~`",
  '\u0000\u0001\u200b\ufeff é vs é',
  'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'.repeat(3),
  `a${' '.repeat(70)}b`,
];

const cases = [
  { name: 'llama2', pre: undefined, notes: {} },
  { name: 'gemma3', pre: undefined, notes: { 'tokenizer.ggml.add_space_prefix': false } },
  { name: 'llama3', pre: 'llama-bpe', notes: {} },
  { name: 'qwen3', pre: 'qwen2', notes: {} },
] as const;

describe.each(cases)('the vocabulary of $name', ({ name, pre, notes }) => {
  const needs = { folder: realTokenizer(name), book: realText('emma') };
  describeReal('kept as GGUF keeps it', needs, ({ folder, book }) => {
    test('gives the same ids and the same text', () => {
      const definition = JSON.parse(readFileSync(`${folder}/tokenizer.json`, 'utf8'));
      const whole = loadTokenizer(definition);
      const gguf = made(new Map([...asGguf(definition, pre), ...Object.entries(notes)]));
      const lines = readFileSync(book, 'utf8').split('\n').slice(0, 60);
      const options = { specialTokens: false };
      for (const line of [...strange, ...lines]) {
        const ids = gguf.encode(line, options);
        expect(ids).toEqual(whole.encode(line, options));
        expect(gguf.decode(ids, options)).toBe(whole.decode(ids, options));
      }
    });
  });
});
