/** Text that comes token by token is the text of all tokens together, and no piece of it is broken. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { smallTokenizer } from '../../test/small-model.ts';
import { incrementalDecoder } from './incremental.ts';
import { loadTokenizer } from './tokenizer.ts';

const [a, space, é1, é2, euro1, euro2, euro3] = [0, 2, 6, 7, 8, 9, 10];
const push = (tokens: readonly number[], before: readonly number[] = [], tokenizer = smallTokenizer) => {
  const decoder = incrementalDecoder(tokenizer, before);
  return tokens.map((token) => decoder.push(token));
};

describe('an incremental decoder', () => {
  test('waits for the last byte of a character', () => {
    expect(push([a, é1, é2, euro1, euro2, euro3])).toEqual([
      { text: 'a', whole: true },
      { text: '', whole: false },
      { text: 'é', whole: true },
      { text: '', whole: false },
      { text: '', whole: false },
      { text: '€', whole: true },
    ]);
  });

  test('ends a character that was begun before', () => {
    expect(push([é2, a], [a, é1]).map(({ text }) => text)).toEqual(['é', 'a']);
  });

  test('shows bytes that are no character once they cannot become one', () => {
    const shown = push([é2, é2, é2, é2, a]).map(({ text }) => text);
    expect(shown.join('')).toBe('\uFFFD\uFFFD\uFFFD\uFFFDa');
    expect(shown.slice(0, 3)).toEqual(['', '', '']);
  });

  test('passes over tokens that have no text', () => {
    const padding = smallTokenizer.size + 1;
    expect(() => smallTokenizer.decode([padding])).toThrow();
    expect(push([a, padding, é1, padding, é2], [padding]).map(({ text }) => text)).toEqual([
      'a',
      '',
      '',
      '',
      'é',
    ]);
  });

  test('puts spaces where the whole text has them', () => {
    const words = loadTokenizer({
      model: { type: 'WordLevel', vocab: { the: 0, grass: 1 } },
      pre_tokenizer: { type: 'WhitespaceSplit' },
    });
    expect(push([0, 1], [], words).map(({ text }) => text)).toEqual(['the', ' grass']);
    expect(push([1], [0], words).map(({ text }) => text)).toEqual([' grass']);
  });

  test('gives the text of all tokens, however many', () => {
    const units = [[a], [space], [é1, é2], [euro1, euro2, euro3], [4], [5]];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...units), { maxLength: 120 }), (parts) => {
        const tokens = parts.flat();
        const pieces = push(tokens).map(({ text }) => text);
        expect(pieces.join('')).toBe(smallTokenizer.decode(tokens));
        expect(pieces.join('')).not.toContain('\uFFFD');
      }),
    );
  });
});
