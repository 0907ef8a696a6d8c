/**
 * How much longer a tokenizer.json may make a text on the way to its tokens and back, and how large it may be itself in memory:
 * counted from its parts before any of them runs.
 */
import { require, TokenError } from '@famjs/backends';

/** A part of tokenizer.json that is an object. */
type Part = Readonly<Record<string, unknown>>;

/** Times the length of a text: 2 to 27 in the tokenizers of Llama, Qwen and Gemma, 5,184 in ALBERT's, whose steps all expand. */
const mostTimes = 10_000;
/** Characters of all tokens that are looked up letter by letter, for each of which the library makes an object. */
const mostLetters = 8_000_000;

/** @throws TokenError when a text could become too long, a part would never end, or the tree of its tokens too large */
export function requireBoundedGrowth(definition: Part): void {
  const { normalizer, pre_tokenizer, post_processor, decoder, model, added_tokens } = definition;
  const encoding = timesOf([normalizer, pre_tokenizer, post_processor]) * suffixTimes(model as Part);
  const times = Math.max(encoding, timesOf(decoder));
  require(times <= mostTimes, TokenError, () => ({
    wrong: `The parts of tokenizer.json may make a text ${times === Infinity ? 'endless' : `${times} times as long`}.`,
    expected: `at most ${mostTimes} times; those of Llama, Qwen and Gemma have 2 to 27.`,
    remedy,
  }));
  const letters =
    lettersOf((added_tokens as Part[]).map(({ content }) => content)) + ofUnigram(model as Part);
  require(letters <= mostLetters, TokenError, () => ({
    wrong: `The tokens of tokenizer.json have ${letters} characters together.`,
    expected: `at most ${mostLetters} in added tokens and in a vocabulary of the kind Unigram.`,
    remedy,
  }));
}

const remedy =
  'fetch the files of the model from where you trust them, or load it with { tokenizer: false } and pass tokens.';

const lettersOf = (texts: readonly unknown[]) => texts.reduce<number>((sum, text) => sum + lengthOf(text), 0);
const lengthOf = (text: unknown) => (typeof text === 'string' ? text.length : 0);
const ofUnigram = ({ vocab }: Part) => (Array.isArray(vocab) ? lettersOf(vocab.map(([token]) => token)) : 0);

/** Each token that comes out gets these. */
const suffixTimes = (model: Part) =>
  1 +
  ['continuing_subword_suffix', 'continuing_subword_prefix', 'end_of_word_suffix'].reduce(
    (sum, name) => sum + lengthOf(model[name]),
    0,
  );

/** How many times as long a text may be after all parts, one after another; at least once. */
function timesOf(part: unknown): number {
  if (typeof part !== 'object' || part === null) return 1;
  if (Array.isArray(part)) return part.reduce((times, each) => times * timesOf(each), 1);
  const { type, ...settings } = part as Part;
  const own = Object.hasOwn(growth, String(type)) ? growth[String(type)]!(settings) : 1;
  return Object.values(settings).reduce<number>(
    (times, inner) => times * (Array.isArray(inner) ? timesOf(inner) : 1),
    Math.max(1, own),
  );
}

/** By type, of one character, for normalizers, pre-tokenizers, post-processors and decoders alike. */
const growth: Readonly<Record<string, (settings: Part) => number>> = {
  // Unicode's own limits, in UTF-16.
  NFC: () => 3,
  NFD: () => 4,
  NFKC: () => 18,
  NFKD: () => 18,
  Precompiled: () => 18,
  Lowercase: () => 2,
  // Spaces around a character, its accents apart, in small letters.
  BertNormalizer: () => 3 * 4 * 2,
  ByteLevel: ({ add_prefix_space }) => (add_prefix_space ? 6 : 3),
  Prepend: ({ prepend }) => 1 + lengthOf(prepend),
  Metaspace: ({ str_rep, replacement }) => 1 + Math.max(lengthOf(str_rep), lengthOf(replacement)),
  Replace: ({ pattern, content }) => {
    const text = (pattern as Part | undefined)?.String;
    // An expression may match nothing, which is before every character.
    return lengthOf(text) > 0 ? Math.ceil(lengthOf(content) / lengthOf(text)) : 1 + lengthOf(content);
  },
  // JavaScript's split gives what groups have caught, too.
  Split: ({ pattern }) => 1 + (String((pattern as Part | undefined)?.Regex).match(/\((?!\?)/g)?.length ?? 0),
  FixedLength: ({ length }) => (Number.isInteger(length) && (length as number) > 0 ? 1 : Infinity),
  TemplateProcessing: ({ single }) => (Array.isArray(single) ? single.length : 1),
  BertProcessing: () => 3,
  RobertaProcessing: () => 3,
  WordPiece: () => 2,
  BPEDecoder: () => 2,
  CTC: () => 2,
};
