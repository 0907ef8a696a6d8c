/** A word-level tokenizer for the small models of the PassKey test: a token a word, and a token for a digit in its place. */
import { KEY_DIGITS, passKeyWords } from './text.ts';

/** The letters that mark the places of a key's digits, the highest first. */
const places = [...'abcdefgh'].slice(0, KEY_DIGITS);

/**
 * Content of its tokenizer.json. Each digit of a number is a token together with its place, counted from the last (place
 * value, as in Nogueira et al., 2021): 90817 is `a9 b0 c8 d1 e7`. So a digit says where it belongs, whether it is read,
 * remembered or recalled, and equal digits of one key are different tokens.
 */
export function passKeyTokenizerJson(): object {
  const words = [...new Set(passKeyWords.match(/[A-Za-z]+|[^0-9A-Za-z ]/g))];
  const digits = places.flatMap((place) => Array.from({ length: 10 }, (_, digit) => `${place}${digit}`));
  const between = places.slice(1).map((place, i) => `(?<=${places[i]}[0-9]) (?=${place}[0-9])`);
  const vocabulary = ['[UNK]', ...digits, ...words];
  return {
    version: '1.0',
    added_tokens: [],
    // Five digits get their letters one after another; the digit behind a letter is done.
    normalizer: {
      type: 'Sequence',
      normalizers: places.map((place, i) => ({
        type: 'Replace',
        pattern: { Regex: `(?<![a-h])(?=[0-9]{${KEY_DIGITS - i}}(?![0-9]))` },
        content: place,
      })),
    },
    pre_tokenizer: {
      type: 'Split',
      pattern: { Regex: '[a-h][0-9]|[A-Za-z]+|[^0-9A-Za-z ]' },
      behavior: 'Removed',
      invert: true,
    },
    post_processor: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { Regex: '^' }, content: ' ' },
        { type: 'Fuse' },
        // Digits of one number stand together, without their letters; a full stop stands at its word.
        { type: 'Replace', pattern: { Regex: between.join('|') }, content: '' },
        { type: 'Replace', pattern: { Regex: '(?<![A-Za-z])[a-h](?=[0-9])' }, content: '' },
        { type: 'Replace', pattern: { Regex: ' (?=[^0-9A-Za-z ])' }, content: '' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: {
      type: 'WordLevel',
      vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
      unk_token: '[UNK]',
    },
  };
}
