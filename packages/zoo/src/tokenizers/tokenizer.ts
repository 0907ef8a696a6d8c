/** Text to tokens and back, by the tokenizer.json that Hugging Face models come with. */
import { FamError, require, TokenError } from '@famjs/backends';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import * as z from 'zod';
import { parsed } from '../parsed.ts';
import { cleansUp, partAsRust } from './as-rust.ts';
import { requireBoundedGrowth } from './bounded-growth.ts';
import { requireBounded } from './bounded-patterns.ts';

export interface SpecialTokens {
  /** Whether `encode` adds the tokens that open or close a text, and `decode` shows special tokens. Default true. */
  specialTokens?: boolean;
}

export interface Tokenizer {
  /** @throws TokenError when a part of the text has no token and the vocabulary none for the unknown */
  encode(text: string, options?: SpecialTokens): number[];
  /** @throws TokenError when the vocabulary lacks a token */
  decode(tokens: ArrayLike<number>, options?: SpecialTokens): string;
  /** The token of exactly this text, as the vocabulary spells it, or undefined when there is none. */
  tokenOf(text: string): number | undefined;
  /** One more than the largest token; a model's vocabulary is at least as large. */
  readonly size: number;
  /** What tokenizer_config.json calls bos_token, eos_token and so on, by the first part of the name: `specialTokens.bos`. */
  readonly specialTokens: Readonly<Record<string, string>>;
  /** Jinja template of a chat with the model; of several the one named `default`. */
  readonly chatTemplate: string | undefined;
  /** The files' content from which this tokenizer was made. */
  readonly files: { tokenizer: object; config: object | undefined };
}

/** Characters of a chat template; those of real models have up to 20,000. */
const longestTemplate = 100_000;

const token = z.int().min(0).max(0x7fffffff);
const part = z.looseObject({}).nullable().default(null);

/** What the library takes for granted. */
const tokenizerSchema = z.looseObject({
  model: z.looseObject({
    vocab: z.union([z.record(z.string(), token), z.array(z.tuple([z.string(), z.number()]))]),
    unk_token: z.string().nullish(),
    // Every part of a word is looked up, and every part of what is left of it.
    max_input_chars_per_word: z.int().max(1000).nullish(),
  }),
  added_tokens: z.array(z.looseObject({ id: token, content: z.string().min(1) })).default([]),
  normalizer: part,
  pre_tokenizer: part,
  post_processor: part,
  decoder: part,
});
const specialToken = z.union([z.string(), z.looseObject({ content: z.string() })]).nullish();
const template = z.string().max(longestTemplate, 'is too long for a chat template');
const configSchema = z
  .looseObject({
    ...{ bos_token: specialToken, eos_token: specialToken, unk_token: specialToken },
    ...{
      pad_token: specialToken,
      sep_token: specialToken,
      cls_token: specialToken,
      mask_token: specialToken,
    },
    add_bos_token: z.boolean().nullish(),
    chat_template: z.union([template, z.array(z.looseObject({ name: z.string(), template }))]).nullish(),
  })
  .optional();
type TokenizerConfig = z.output<typeof configSchema>;

const supported = 'the tokenizer of a Hugging Face model, of a kind that @huggingface/tokenizers supports.';

/**
 * The tokenizer that the two files describe; the second only adds settings and may be missing.
 *
 * @param tokenizerJson content of tokenizer.json
 * @param configJson content of tokenizer_config.json
 * @throws TokenError when they do not describe a tokenizer that is supported, cut text by a pattern that may take for ever,
 * or may make it grow without bound
 */
export function loadTokenizer(tokenizerJson: unknown, configJson?: unknown): Tokenizer {
  return guarded('The tokenizer does not load', () => {
    const definition = parsed(tokenizerSchema, tokenizerJson, 'tokenizer.json', TokenError, supported);
    const config = parsed(configSchema, configJson, 'tokenizer_config.json', TokenError, 'an object.');
    const { unk_token: unknown } = definition.model;
    const { normalizer, pre_tokenizer, decoder } = definition;
    requireBounded([normalizer, pre_tokenizer, decoder]);
    requireBoundedGrowth(definition);
    const asRust = {
      ...definition,
      normalizer: partAsRust(normalizer),
      pre_tokenizer: partAsRust(pre_tokenizer),
      decoder: partAsRust(decoder),
    };
    const library = new HuggingFaceTokenizer(asRust, {
      ...config,
      clean_up_tokenization_spaces: cleansUp(config?.clean_up_tokenization_spaces, decoder),
      ...(unknown && { unk_token: unknown }), // The library's word-level model looks for it here only.
    });
    const specialTokens = specialTokensOf(config);
    const opens = {
      wanted: config?.add_bos_token ?? undefined,
      bos: library.token_to_id(specialTokens.bos ?? ''),
    };
    return {
      encode: (text, options) => encode(library, opens, text, options),
      decode: (tokens, options) => decode(library, tokens, options),
      tokenOf: (text) => library.token_to_id(text),
      size: library.model!.vocab.length,
      specialTokens,
      chatTemplate: chatTemplateOf(config),
      files: { tokenizer: tokenizerJson as object, config },
    };
  });
}

function specialTokensOf(config: TokenizerConfig): Record<string, string> {
  const named = ['bos', 'eos', 'unk', 'pad', 'sep', 'cls', 'mask'] as const;
  const entries = named.flatMap((name) => {
    const token = config?.[`${name}_token`];
    return token ? [[name, typeof token === 'string' ? token : token.content]] : [];
  });
  return Object.fromEntries(entries);
}

function chatTemplateOf(config: TokenizerConfig): string | undefined {
  const given = config?.chat_template ?? undefined;
  if (given === undefined || typeof given === 'string') return given;
  return given.find(({ name }) => name === 'default')?.template;
}

/** Whether a text gets the token that opens it: what tokenizer_config.json says, if it does, else the post-processor. */
interface Opening {
  wanted: boolean | undefined;
  bos: number | undefined;
}

function encode(
  library: HuggingFaceTokenizer,
  { wanted, bos }: Opening,
  text: string,
  { specialTokens = true }: SpecialTokens = {},
): number[] {
  const { ids, tokens } = guarded('The text does not encode', () =>
    library.encode(text, { add_special_tokens: specialTokens && wanted !== false }),
  );
  const stranger = ids.findIndex((id) => !Number.isInteger(id));
  require(stranger < 0, TokenError, () => ({
    wrong: `The text holds ${JSON.stringify(tokens[stranger])}, for which there is no token.`,
    expected: 'text of the words that the tokenizer knows, for it has no token for the unknown.',
    remedy: 'leave the word out or use another tokenizer.',
  }));
  const lacks = specialTokens && wanted && bos !== undefined && ids[0] !== bos;
  return lacks ? [bos, ...ids] : ids;
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
