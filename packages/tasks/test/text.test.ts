/** The PassKey text: the paper's words, in the tokens of any tokenizer. */
import { ConfigError } from '@famjs/backends';
import { incrementalDecoder, loadTokenizer, type Tokenizer } from '@famjs/zoo';
import { describe, expect, test } from 'vitest';
import { passKeyText, passKeyTokenizerJson, shuffledFiller } from '../src/index.ts';

const placeValue = loadTokenizer(passKeyTokenizerJson());

/** Every character is a token: as unlike the shipped tokenizer as can be. */
const characters: Tokenizer = {
  encode: (text) => [...text].map((character) => character.charCodeAt(0)),
  decode: (tokens) => String.fromCharCode(...Array.from(tokens)),
  tokenOf: (text) => text.charCodeAt(0),
  size: 128,
  specialTokens: {},
  chatTemplate: undefined,
  files: { tokenizer: {}, config: undefined },
};

describe('the PassKey text', () => {
  test('is the paper’s, word for word', () => {
    const text = passKeyText(characters);
    const period =
      'The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again.'.length + 1;
    const read = (tokens: ArrayLike<number>) => characters.decode(tokens);
    expect(
      read(text.head('90817')) +
        read(text.filler(0, period)) +
        read(text.question) +
        read(text.answer('90817')),
    ).toBe(
      'There is an important info hidden inside a lot of irrelevant text. Find it and memorize them. I will quiz you about ' +
        'the important information there. The pass key is 90817. Remember it. 90817 is the pass key. The grass is green. The ' +
        'sky is blue. The sun is yellow. Here we go. There and back again. What is the pass key? The pass key is 90817',
    );
  });

  test.each([
    ['place values', placeValue],
    ['characters', characters],
  ])('spells keys, and finds their second mention: %s', (_, tokenizer) => {
    const text = passKeyText(tokenizer);
    for (const key of ['00000', '90817', '11121']) {
      const { from, to } = text.secondMention(key);
      expect(text.digits(text.head(key).slice(from, to))).toBe(key);
      expect(text.digits(text.answer(key))).toBe(key);
    }
  });

  test('filler goes on for ever, from any place', () => {
    const text = passKeyText(placeValue);
    const period = 24;
    expect(text.filler(0, period)).toEqual(text.filler(period * 41_666, period * 41_667));
    const all = text.filler(0, 100);
    expect([...text.filler(0, 37), ...text.filler(37, 100)]).toEqual([...all]);
  });

  test('shuffled filler has every sentence once a round, other rows and steps other orders, and any part of it at once', () => {
    const text = passKeyText(characters);
    const order = shuffledFiller(3, 0, 5);
    const all = text.filler(0, 40 * text.period, order);
    const rounds = Array.from({ length: 40 }, (_, i) =>
      characters.decode(all.slice(i * text.period, (i + 1) * text.period)),
    );
    const sentences = (round: string) =>
      round
        .slice(1)
        .split(/(?<=\.) /)
        .sort();
    for (const round of rounds) expect(sentences(round)).toEqual(sentences(rounds[0]!));
    expect(new Set(rounds).size).toBeGreaterThan(20);
    expect(text.filler(1234, 2345, order)).toEqual(all.slice(1234, 2345));
    for (const other of [shuffledFiller(3, 0, 6), shuffledFiller(3, 1, 5), shuffledFiller(4, 0, 5)]) {
      expect(text.filler(0, 40 * text.period, other)).not.toEqual(all);
    }
  });

  test('a tokenizer without digits is refused', () => {
    const letters: Tokenizer = {
      ...characters,
      decode: (tokens) => characters.decode(tokens).replaceAll(/[0-9]/g, '#'),
    };
    expect(() => passKeyText(letters)).toThrow(ConfigError);
  });
});

describe('the place-value tokenizer', () => {
  const { vocab } = (placeValue.files.tokenizer as { model: { vocab: Record<string, number> } }).model;
  const words = Object.keys(vocab);
  const pieces = (text: string) => placeValue.encode(text).map((token) => words[token]);

  test('gives a digit its place, wherever the number stands', () => {
    expect(pieces('The pass key is 90817. Remember it. 90817 is the pass key.')).toEqual(
      'The pass key is a9 b0 c8 d1 e7 . Remember it . a9 b0 c8 d1 e7 is the pass key .'.split(' '),
    );
    expect(pieces('55555')).toEqual(['a5', 'b5', 'c5', 'd5', 'e5']);
  });

  test('gives the text back, and each token as it continues it', () => {
    const text = 'The pass key is 90817. Remember it. 90817 is the pass key. What is 7? 12345 54321 again.';
    const tokens = placeValue.encode(text);
    expect(placeValue.decode(tokens)).toBe(text);
    const { push } = incrementalDecoder(placeValue, []);
    expect(tokens.map((token) => push(token).text).join('')).toBe(text);
  });
});
