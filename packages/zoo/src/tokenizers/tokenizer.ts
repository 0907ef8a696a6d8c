/** Text to tokens and back, by the tokenizer.json that Hugging Face models come with. */
import { FamError, require, TokenError } from '@famjs/backends';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import * as z from 'zod';
import { parsed } from '../parsed.ts';

export interface SpecialTokens {
  /** Whether `encode` adds the tokens that open or close a text, and `decode` shows special tokens. Default true. */
  specialTokens?: boolean;
}

export interface Tokenizer {
  /** @throws TokenError when a part of the text has no token and the vocabulary none for the unknown */
  encode(text: string, options?: SpecialTokens): number[];
  /** @throws TokenError when the vocabulary lacks a token */
  decode(tokens: ArrayLike<number>, options?: SpecialTokens): string;
  /** One more than the largest token; a model's vocabulary is at least as large. */
  readonly size: number;
  /** The files' content from which this tokenizer was made. */
  readonly files: { tokenizer: object; config: object | undefined };
}

const token = z.int().min(0).max(0x7fffffff);
const part = z.looseObject({}).nullable().default(null);

/** What the library takes for granted. */
const tokenizerSchema = z.looseObject({
  model: z.looseObject({
    vocab: z.union([z.record(z.string(), token), z.array(z.tuple([z.string(), z.number()]))]),
    unk_token: z.string().nullish(),
  }),
  added_tokens: z.array(z.looseObject({ id: token, content: z.string().min(1) })).default([]),
  normalizer: part,
  pre_tokenizer: part,
  post_processor: part,
  decoder: part,
});
const configSchema = z.looseObject({}).optional();

const supported = 'the tokenizer of a Hugging Face model, of a kind that @huggingface/tokenizers supports.';

/**
 * The tokenizer that the two files describe; the second only adds settings and may be missing.
 *
 * @param tokenizerJson content of tokenizer.json
 * @param configJson content of tokenizer_config.json
 * @throws TokenError when they do not describe a tokenizer that is supported
 */
export function loadTokenizer(tokenizerJson: unknown, configJson?: unknown): Tokenizer {
  return guarded('The tokenizer does not load', () => {
    const definition = parsed(tokenizerSchema, tokenizerJson, 'tokenizer.json', TokenError, supported);
    const config = parsed(configSchema, configJson, 'tokenizer_config.json', TokenError, 'an object.');
    const { unk_token: unknown } = definition.model;
    const library = new HuggingFaceTokenizer(definition, {
      clean_up_tokenization_spaces: false, // Unless asked for: decoding shows what was written.
      ...config,
      ...(unknown && { unk_token: unknown }), // The library's word-level model looks for it here only.
    });
    return {
      encode: (text, options) => encode(library, text, options),
      decode: (tokens, options) => decode(library, tokens, options),
      size: library.model!.vocab.length,
      files: { tokenizer: tokenizerJson as object, config },
    };
  });
}

function encode(
  library: HuggingFaceTokenizer,
  text: string,
  { specialTokens = true }: SpecialTokens = {},
): number[] {
  const { ids, tokens } = guarded('The text does not encode', () =>
    library.encode(text, { add_special_tokens: specialTokens }),
  );
  const stranger = ids.findIndex((id) => !Number.isInteger(id));
  require(stranger < 0, TokenError, () => ({
    wrong: `The text holds ${JSON.stringify(tokens[stranger])}, for which there is no token.`,
    expected: 'text of the words that the tokenizer knows, for it has no token for the unknown.',
    remedy: 'leave the word out or use another tokenizer.',
  }));
  return ids;
}

function decode(
  library: HuggingFaceTokenizer,
  tokens: ArrayLike<number>,
  { specialTokens = true }: SpecialTokens = {},
): string {
  const ids = Array.from(tokens);
  const stranger = ids.findIndex((id) => library.id_to_token(id) === undefined);
  require(stranger < 0, TokenError, () => ({
    wrong: `Token ${stranger} is ${ids[stranger]}.`,
    expected: `a token of this tokenizer, whole numbers below ${library.model!.vocab.length}.`,
    remedy: 'decode with the tokenizer that belongs to the model.',
  }));
  if (ids.length === 0) return '';
  return guarded('The tokens do not decode', () =>
    library.decode(ids, { skip_special_tokens: !specialTokens }),
  );
}

/** Runs what the library may refuse. */
function guarded<Result>(wrong: string, run: () => Result): Result {
  try {
    return run();
  } catch (cause) {
    if (cause instanceof FamError) throw cause;
    const remedy = 'fetch the tokenizer files of the model again.';
    throw new TokenError({ wrong: `${wrong}: ${cause}.`, expected: supported, remedy }, { cause });
  }
}
