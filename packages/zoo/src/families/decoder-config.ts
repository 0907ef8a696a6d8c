/** What the config.json of every RMS-normed, gated decoder says in the same keys: Llama, and who is built like it. */
import { ConfigError, require } from '@famjs/backends';
import * as z from 'zod';
import type { Architecture } from './family.ts';
import { type Rope, ropeKeys, ropeOf, turningShareOf, writtenRope } from './rope.ts';

/** The sizes of such a decoder, and its positions. */
export interface DecoderNumbers extends Rope {
  /** H: query heads. */
  heads: number;
  /** Hkv: key and value heads, a divisor of H. */
  keyValueHeads: number;
  /** D: width of a head, even. */
  headWidth: number;
  /** I: width of the feed-forward layers. */
  intermediateWidth: number;
}

const whole = z.int().min(1);

/** As transformers 4 writes them, or 5, which moved what is about positions. */
export const decoderKeys = {
  ...ropeKeys,
  hidden_size: whole,
  intermediate_size: whole,
  num_hidden_layers: whole.max(1000),
  num_attention_heads: whole,
  num_key_value_heads: whole.nullish(),
  head_dim: whole.nullish(),
  rms_norm_eps: z.number().positive().nullish(),
  vocab_size: whole,
  tie_word_embeddings: z.boolean().nullish(),
};

export type DecoderJson = z.output<z.ZodObject<typeof decoderKeys>>;

/** The keys of families whose feed-forward layers are SwiGLU. */
export const siluKeys = { ...decoderKeys, hidden_act: z.literal('silu').nullish() };

/** What a family takes for what its config.json leaves out. */
interface Defaults {
  headWidth?: number;
  normEpsilon?: number;
  tiedEmbeddings?: boolean;
}

/** What every model has, of the keys that all share. */
export function architectureOf(
  json: DecoderJson,
  { normEpsilon = 1e-6, tiedEmbeddings = false }: Defaults = {},
): Architecture {
  return {
    layers: json.num_hidden_layers,
    width: json.hidden_size,
    vocabularySize: json.vocab_size,
    tiedEmbeddings: json.tie_word_embeddings ?? tiedEmbeddings,
    normEpsilon: json.rms_norm_eps ?? normEpsilon,
    trainedContext: json.max_position_embeddings ?? undefined,
  };
}

/**
 * The numbers of a decoder whose heads turn as a whole.
 *
 * @throws ConfigError when heads do not fit together, or turn in part
 */
export function numbersOf(json: DecoderJson, defaults: Defaults = {}): DecoderNumbers {
  const share = turningShareOf(json) ?? 1;
  require(share === 1, ConfigError, () => ({
    wrong: `config.json turns ${share} of each head (partial_rotary_factor).`,
    expected: 'heads that turn as a whole, as those of this family do.',
    remedy: 'correct model_type or partial_rotary_factor.',
  }));
  const numbers = { ...sizesOf(json, defaults), ...ropeOf(json) };
  requireHeads(numbers);
  return numbers;
}

/** Heads and widths. */
export const sizesOf = (
  json: DecoderJson,
  { headWidth }: Defaults = {},
): Omit<DecoderNumbers, keyof Rope> => ({
  heads: json.num_attention_heads,
  keyValueHeads: json.num_key_value_heads ?? json.num_attention_heads,
  headWidth: json.head_dim ?? headWidth ?? json.hidden_size / json.num_attention_heads,
  intermediateWidth: json.intermediate_size,
});

/** The same keys again, as transformers 4 writes them and 5 reads them too. */
export function writtenDecoder({
  family,
  ...config
}: Architecture & { family: Omit<DecoderNumbers, keyof Rope> & Partial<Rope> }): object {
  const { theta, scaling } = family;
  return {
    hidden_size: config.width,
    intermediate_size: family.intermediateWidth,
    num_hidden_layers: config.layers,
    num_attention_heads: family.heads,
    num_key_value_heads: family.keyValueHeads,
    head_dim: family.headWidth,
    rms_norm_eps: config.normEpsilon,
    ...(theta && writtenRope({ theta, scaling })),
    vocab_size: config.vocabularySize,
    tie_word_embeddings: config.tiedEmbeddings,
    ...(config.trainedContext && { max_position_embeddings: config.trainedContext }),
    torch_dtype: 'float32',
  };
}

/** @throws ConfigError when heads do not fit together */
export function requireHeads({
  heads,
  keyValueHeads,
  headWidth,
}: Pick<DecoderNumbers, 'heads' | 'keyValueHeads' | 'headWidth'>): void {
  require(heads % keyValueHeads === 0, ConfigError, () => ({
    wrong: `${heads} query heads cannot share ${keyValueHeads} key/value heads evenly.`,
    expected: 'heads to be a multiple of keyValueHeads.',
    remedy: 'correct num_attention_heads or num_key_value_heads.',
  }));
  require(Number.isInteger(headWidth) && headWidth % 2 === 0 && headWidth <= 1 << 16, ConfigError, () => ({
    wrong: `The head width is ${headWidth}.`,
    expected: 'an even number of at most 65,536, for rotary positions turn pairs.',
    remedy: 'correct head_dim or the number of heads.',
  }));
}
