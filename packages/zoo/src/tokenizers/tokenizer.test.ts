/** The wrapper says what is wrong with a tokenizer, a text or tokens, and leaves text otherwise as the library has it. */
import { TokenError } from '@famjs/backends';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadTokenizer } from './tokenizer.ts';

const special = (id: number, content: string) => ({ id, content, special: true, normalized: false });
/** Words between spaces, and a token that opens a text. */
const wordLevel = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: [special(0, '<s>'), special(1, '<unk>')],
  normalizer: null,
  pre_tokenizer: { type: 'WhitespaceSplit' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [],
    special_tokens: { '<s>': { id: '<s>', ids: [0], tokens: ['<s>'] } },
  },
  decoder: null,
  model: {
    type: 'WordLevel',
    vocab: { '<s>': 0, '<unk>': 1, the: 2, grass: 3, is: 4, green: 5, '.': 6, constructor: 7 },
    unk_token: '<unk>',
  },
};
const { unk_token: _, ...closedModel } = wordLevel.model;
/** The same without a token for the unknown. */
const closed = { ...wordLevel, model: closedModel };

describe('a tokenizer', () => {
  const tokenizer = loadTokenizer(wordLevel);

  test('encodes and decodes, with special tokens or without', () => {
    expect(tokenizer.encode('the grass is green')).toEqual([0, 2, 3, 4, 5]);
    expect(tokenizer.encode('the grass is green', { specialTokens: false })).toEqual([2, 3, 4, 5]);
    expect(tokenizer.decode([0, 2, 3])).toBe('<s> the grass');
    expect(tokenizer.decode(Int32Array.of(0, 2, 3), { specialTokens: false })).toBe('the grass');
    expect(tokenizer.encode('', { specialTokens: false })).toEqual([]);
    expect(tokenizer.decode([])).toBe('');
  });

  test('knows its size and the files it came from', () => {
    expect(tokenizer.size).toBe(8);
    expect(tokenizer.files).toEqual({ tokenizer: wordLevel, config: undefined });
    const again = loadTokenizer(JSON.parse(JSON.stringify(tokenizer.files.tokenizer)));
    expect(again.encode('is the grass')).toEqual(tokenizer.encode('is the grass'));
  });

  test('knows what its configuration says of special tokens and chats', () => {
    const { specialTokens, chatTemplate, tokenOf } = loadTokenizer(wordLevel, {
      bos_token: { content: '<s>', lstrip: false },
      eos_token: '.',
      pad_token: null,
      chat_template: 'hello',
    });
    expect(specialTokens).toEqual({ bos: '<s>', eos: '.' });
    expect(chatTemplate).toBe('hello');
    expect([tokenOf('.'), tokenOf('<s>'), tokenOf('sky')]).toEqual([6, 0, undefined]);
    expect([tokenizer.specialTokens, tokenizer.chatTemplate]).toEqual([{}, undefined]);
    const several = [
      { name: 'tool_use', template: 'tools' },
      { name: 'default', template: 'plain' },
    ];
    expect(loadTokenizer(wordLevel, { chat_template: several }).chatTemplate).toBe('plain');
  });

  test.each([
    [wordLevel, undefined, [0, 2]],
    [wordLevel, true, [0, 2]],
    [wordLevel, false, [2]],
    [{ ...wordLevel, post_processor: null }, undefined, [2]],
    [{ ...wordLevel, post_processor: null }, true, [0, 2]],
  ])(
    'opens a text once, as its configuration says, if it does: case %#',
    (content, add_bos_token, expected) => {
      const opening = loadTokenizer(content, { bos_token: '<s>', add_bos_token });
      expect(opening.encode('the')).toEqual(expected);
      expect(opening.encode('the', { specialTokens: false })).toEqual([2]);
    },
  );

  test('gives the unknown its token, names of object members too', () => {
    expect(tokenizer.encode('the constructor', { specialTokens: false })).toEqual([2, 7]);
    expect(tokenizer.encode('toString __proto__', { specialTokens: false })).toEqual([1, 1]);
  });

  test('refuses text that it cannot spell', () => {
    const encode = () => loadTokenizer(closed).encode('the sky is green');
    expect(encode).toThrow(TokenError);
    expect(encode).toThrow('The text holds "sky"');
  });

  test('decodes as it is written unless its configuration wants it cleaned up', () => {
    expect(tokenizer.decode([5, 6])).toBe('green .');
    expect(loadTokenizer(wordLevel, { clean_up_tokenization_spaces: true }).decode([5, 6])).toBe('green.');
  });

  test.each([[[8]], [[-1]], [[2, 0.5]], [[Number.NaN]], [['the' as unknown as number]]])(
    'refuses to decode %j',
    (tokens) => {
      expect(() => tokenizer.decode(tokens)).toThrow(TokenError);
    },
  );

  test('reads back any words it knows', () => {
    const words = fc.array(fc.constantFrom('the', 'grass', 'is', 'green', '.'), { minLength: 1 });
    fc.assert(
      fc.property(words, (list) => {
        const text = list.join(' ');
        expect(tokenizer.decode(tokenizer.encode(text), { specialTokens: false })).toBe(text);
      }),
    );
  });
});

describe('loadTokenizer refuses', () => {
  test.each([
    null,
    undefined,
    'text',
    [],
    {},
    { model: null },
    { model: {} },
    { model: { vocab: 'words' } },
    { model: { vocab: { a: -1 } } },
    { model: { vocab: { a: 1.5 } } },
    { model: { vocab: { a: 'b' } } },
    { model: { type: 'BPE', vocab: { a: 0 } } },
    { model: { type: 'Unigram', vocab: [] } },
    { model: { type: 'Telepathy' } },
    { ...wordLevel, added_tokens: 3 },
    { ...wordLevel, added_tokens: [{ id: 'x', content: 'y' }] },
    { ...wordLevel, added_tokens: [{ id: 1, content: '' }] },
    { ...wordLevel, pre_tokenizer: { type: 'Telepathy' } },
    { ...wordLevel, decoder: { type: 'Telepathy' } },
  ])('%j', (content) => {
    expect(() => loadTokenizer(content)).toThrow(TokenError);
  });

  test('a configuration that is no object', () => {
    expect(() => loadTokenizer(wordLevel, 'text')).toThrow(TokenError);
    expect(() => loadTokenizer(wordLevel, 'text')).toThrow('tokenizer_config.json does not fit');
  });

  test.each([
    { chat_template: 3 },
    { chat_template: 'x'.repeat(100_001) },
    { chat_template: [{ name: 'default' }] },
    { eos_token: 2 },
    { add_bos_token: 'yes' },
  ])('a configuration that says what it cannot: case %#', (config) => {
    expect(() => loadTokenizer(wordLevel, config)).toThrow('tokenizer_config.json does not fit');
  });

  test('whatever else it may be given', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (tokenizer, config) => {
        expect(() => loadTokenizer(tokenizer, config)).toThrow(TokenError);
      }),
    );
  });
});

/** Patterns of tokenizers that people use, and of ours. */
const real = {
  'GPT-2': "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
  'Llama 3':
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  'GPT-4':
    "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++$|\\s*[\\r\\n]|\\s+(?!\\S)|\\s",
  'GPT-4o':
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|" +
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|" +
    '\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+',
  'DeepSeek V3':
    '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+',
  BLOOM: ' ?[^(\\s|[.,!?\u2026\u3002\uFF0C\u3001\u0964\u06D4\u060C])]+',
  'digits by three from the right': '\\d{1,3}(?=(?:\\d{3})*\\b)',
  'a set in a set': '[[:alpha:]&&[^a]]+|\\x{41}\\u0042',
  'spaces of T5': ' {2,}',
  PassKey: '(?<![a-h])(?=[0-9]{5}(?![0-9]))',
};

const splitBy = (Regex: string) => ({
  ...wordLevel,
  pre_tokenizer: { type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false },
});

describe('a pattern of a tokenizer', () => {
  test.each(Object.entries(real))('as %s has it is taken', (_, pattern) => {
    expect(loadTokenizer(splitBy(pattern)).encode('the grass 12345')).toContain(0);
  });

  /** Most would run for longer than anybody waits on a line of a few thousand characters; the rest is not known to end. */
  const hostile = [
    ...[
      '(a|a)*$',
      '(a+)+$',
      '(?:a*)*b',
      '([a-z]+)*!',
      '(a?){50}a{50}',
      '((a{0,50}){0,50}){0,50}b',
      '(?:a|aa)+b',
    ],
    ...[
      `${'a?'.repeat(40)}${'a'.repeat(40)}`,
      `${'(a|a)'.repeat(30)}b`,
      'a*a*a*b',
      '(?=a*a*b)',
      '(?:(?=a+)a+)+b',
    ],
    ...[
      'a{0,9999}a{0,9999}b',
      '(?>a+)+b',
      '(?i:a+)+b',
      'a+?a+?b',
      '(?<x>a+)\\k<x>',
      '(a+)\\1+b',
      'a{9999}a+b',
    ],
    ...[
      '[[a]b]+[a]+[b]+c',
      'a\\G*a*a*b',
      'a{2}+a*b*c',
      `${'('.repeat(99)}a${')'.repeat(99)}`,
      'a'.repeat(5001),
    ],
  ];
  test.each(hostile)('that may run for ever is refused before it runs: %s', (Regex) => {
    const Replace = { type: 'Replace', pattern: { Regex }, content: '' };
    const refusal = /may take a time without bound/;
    expect(() => loadTokenizer(splitBy(Regex))).toThrow(TokenError);
    expect(() => loadTokenizer(splitBy(Regex))).toThrow(refusal);
    const normalizer = { type: 'Sequence', normalizers: [{ type: 'NFC' }, Replace] };
    expect(() => loadTokenizer({ ...wordLevel, normalizer })).toThrow(refusal);
    expect(() => loadTokenizer({ ...wordLevel, decoder: { type: 'Sequence', decoders: [Replace] } })).toThrow(
      refusal,
    );
  });
});

const sequence = (normalizers: object[]) => ({ ...wordLevel, normalizer: { type: 'Sequence', normalizers } });
const replace = (from: string, content: string) => ({ type: 'Replace', pattern: { String: from }, content });
const sequenceOf = (pretokenizers: object[]) => ({ type: 'Sequence', pretokenizers });
const times = <Item>(count: number, item: Item): Item[] => Array<Item>(count).fill(item);
const textOfHalf = { Sequence: { id: 'A', type_id: 0 } };

describe('a tokenizer whose parts may make a text grow without bound is refused before they run:', () => {
  test.each<[string, object]>([
    ['a chain of replacements', sequence(times(14, replace('a', 'aa')))],
    ['a long replacement', sequence([replace('a', 'a'.repeat(10_001))])],
    ['letters put between all', sequence(times(7, replace('', 'xyz')))],
    ['bytes of bytes', { ...wordLevel, pre_tokenizer: sequenceOf(times(9, { type: 'ByteLevel' })) }],
    ['a long mark', { ...wordLevel, pre_tokenizer: { type: 'Metaspace', str_rep: '_'.repeat(10_000) } }],
    ['steps of no length', { ...wordLevel, pre_tokenizer: { type: 'FixedLength', length: 0 } }],
    ['steps of any length', { ...wordLevel, pre_tokenizer: { type: 'FixedLength' } }],
    ['groups in groups', splitBy(`${'('.repeat(30)}a${')'.repeat(30)}${'(b)'.repeat(4000)}`.slice(0, 5000))],
    [
      'the text again and again',
      {
        ...wordLevel,
        post_processor: { type: 'TemplateProcessing', single: times(10_001, textOfHalf), pair: [] },
      },
    ],
    [
      'a decoder that grows',
      { ...wordLevel, decoder: { type: 'Sequence', decoders: times(14, replace('a', 'aa')) } },
    ],
    [
      'a long ending',
      { ...wordLevel, model: { ...wordLevel.model, end_of_word_suffix: '_'.repeat(10_000) } },
    ],
    [
      'more letters than a tree has room for',
      { ...wordLevel, added_tokens: [special(9, 'x'.repeat(8_000_001))] },
    ],
  ])('%s', (_, definition) => {
    expect(() => loadTokenizer(definition)).toThrow(TokenError);
    expect(() => loadTokenizer(definition)).toThrow(/tokenizer\.json (may|have)/);
  });

  test('parts that real models have are taken', () => {
    const albert = [replace('``', '"'), replace("''", '"'), { type: 'NFKD' }, { type: 'StripAccents' }];
    const rest = [
      { type: 'Lowercase' },
      { type: 'Precompiled' },
      { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' },
    ];
    const definition = {
      ...sequence([...albert, ...rest]),
      pre_tokenizer: { type: 'Metaspace', replacement: '▁' },
    };
    expect(loadTokenizer(definition).encode('the  ``GRASS')).toHaveLength(2);
  });

  test('words of a length that takes for ever to look up are refused', () => {
    const model = { type: 'WordPiece', vocab: { a: 0, '[UNK]': 1 }, unk_token: '[UNK]' };
    const definition = {
      model: { ...model, continuing_subword_prefix: '##', max_input_chars_per_word: 1e9 },
    };
    expect(() => loadTokenizer(definition)).toThrow(/max_input_chars_per_word/);
  });
});

test('what is put in place of a text stands there as it is written, dollars too', () => {
  const decoder = replace('the', "$'$&$1");
  const there = { ...wordLevel, normalizer: replace('grass', '$$'), decoder };
  const vocab = { ...wordLevel.model.vocab, $$: 8 };
  const tokenizer = loadTokenizer({ ...there, model: { ...wordLevel.model, vocab } });
  expect(tokenizer.encode('the grass', { specialTokens: false })).toEqual([2, 8]);
  expect(tokenizer.decode([2], { specialTokens: false })).toBe("$'$&$1");
});
