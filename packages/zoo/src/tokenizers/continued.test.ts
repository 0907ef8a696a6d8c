/** Text that comes in pieces has the tokens of the whole text, wherever the pieces break. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { continuedTokens } from './continued.ts';
import { loadTokenizer, type Tokenizer } from './tokenizer.ts';

const bytes = Array.from('abcdefghijklmnopqrstuvwxyzĠĊ.,0123456789');
const byteLevel = {
  model: {
    type: 'BPE',
    vocab: Object.fromEntries(
      [...bytes, 'th', 'the', 'Ġth', 'Ġthe', 'in', 'ing', 'Ġa', '12', 'ĊĊ'].map((t, i) => [t, i]),
    ),
    merges: ['t h', 'th e', 'Ġ th', 'Ġth e', 'i n', 'in g', 'Ġ a', '1 2', 'Ċ Ċ'],
  },
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
  decoder: { type: 'ByteLevel' },
};
const pieces = [
  '▁',
  ...Array.from('abcdefghijklmnopqrstuvwxyz.,0123456789\n'),
  '▁the',
  '▁th',
  'th',
  'the',
  'in',
  'ing',
  '▁a',
  '12',
];
/** As Llama 2 has it: a space before the text, and the whole text as one word. */
const sentencePiece = {
  added_tokens: [{ id: 100, content: '<s>', special: true, normalized: false }],
  normalizer: {
    type: 'Sequence',
    normalizers: [
      { type: 'Prepend', prepend: '▁' },
      { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    ],
  },
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [],
    special_tokens: { '<s>': { id: '<s>', ids: [100], tokens: ['<s>'] } },
  },
  model: {
    type: 'BPE',
    vocab: { ...Object.fromEntries(pieces.map((t, i) => [t, i])), '<s>': 100 },
    merges: ['t h', 'th e', '▁ th', '▁th e', 'i n', 'in g', '▁ a', '1 2'],
  },
};
/** As the PassKey model has it: numbers by their places, counted from the end. */
const wordLevel = {
  normalizer: { type: 'Replace', pattern: { Regex: '(?<![a-h])(?=[0-9]{2}(?![0-9]))' }, content: 'd' },
  pre_tokenizer: {
    type: 'Split',
    pattern: { Regex: '[a-h][0-9]|[a-z]+|[^0-9a-z ]' },
    behavior: 'Removed',
    invert: true,
  },
  model: { type: 'WordLevel', unk_token: '?', vocab: { '?': 0, the: 1, thing: 2, d1: 3, '.': 4, is: 5 } },
};

const words = fc.constantFrom('the', 'thing', 'a', 'nothing', '12', '120312', 'is', 'in', 'th', 'q');
const between = fc.constantFrom(' ', ' ', '  ', '. ', ', ', '\n', '\n\n', '');
const texts = fc
  .array(fc.tuple(words, between), { minLength: 4000, maxLength: 9000, size: 'max' })
  .map((parts) => parts.flat().join(''));

async function inPieces(tokenizer: Tokenizer, parts: readonly string[], opens = true): Promise<number[]> {
  const tokens: number[] = [];
  const arriving = (async function* () {
    yield* parts;
  })();
  for await (const run of continuedTokens(tokenizer, arriving, opens)) tokens.push(...run);
  return tokens;
}

describe.each([
  ['byte-level BPE', byteLevel],
  ['sentence pieces', sentencePiece],
  ['words', wordLevel],
])('the tokens of a text in pieces, %s', (_, definition) => {
  const tokenizer = loadTokenizer(definition);

  test('are those of the whole', async () => {
    await fc.assert(
      fc.asyncProperty(
        texts,
        fc.array(fc.integer({ min: 1, max: 20000 }), { maxLength: 30 }),
        async (text, lengths) => {
          const parts: string[] = [];
          let at = 0;
          for (const length of lengths) {
            parts.push(text.slice(at, at + length));
            at += length;
          }
          parts.push(text.slice(at));
          expect(await inPieces(tokenizer, parts)).toEqual(tokenizer.encode(text));
          const whole: number[] = [];
          for await (const run of continuedTokens(tokenizer, text, false)) whole.push(...run);
          expect(whole).toEqual(tokenizer.encode(text, { specialTokens: false }));
        },
      ),
      { numRuns: 4 },
    );
  });

  test('come before the text has ended', async () => {
    let given = 0;
    async function* endless() {
      for (;;) {
        given++;
        yield 'the thing is 12. ';
      }
    }
    for await (const run of continuedTokens(tokenizer, endless(), true)) {
      expect(run.length).toBeGreaterThan(1000);
      break;
    }
    expect(given).toBeLessThan(2000);
  });

  test('of nothing are those that open a text', async () => {
    expect(await inPieces(tokenizer, [])).toEqual(await inPieces(tokenizer, ['']));
    expect(await inPieces(tokenizer, [], false)).toEqual([]);
  });
});

test('what knows no place for a cut is cut all the same: no tokenizer is given more than 16,384 characters at once', async () => {
  // Of letters in a row each two tokens join, as far as it goes.
  const rows = Array.from({ length: 16 }, (_, power) => 'a'.repeat(2 ** power));
  const vocab = Object.fromEntries(rows.map((row, id) => [row, id]));
  const model = { type: 'BPE', vocab, merges: rows.slice(0, -1).map((row) => [row, row]) };
  const tokenizer = loadTokenizer({ model, decoder: { type: 'Fuse' } });
  let most = 0;
  const watched: Tokenizer = {
    ...tokenizer,
    encode(text, options) {
      most = Math.max(most, text.length);
      return tokenizer.encode(text, options);
    },
  };
  const text = 'a'.repeat(20_000);
  expect(tokenizer.decode(await inPieces(watched, [text]))).toBe(text);
  expect(most).toBe(16_384);
});
