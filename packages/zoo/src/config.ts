/** What a model looks like, and how it is written: Hugging Face's config.json, and fam.json for what TransformerFAM adds. */
import { ConfigError } from '@famjs/backends';
import { famPositions, type LayerConfig, requireLayerConfig, variants } from '@famjs/layer';
import * as z from 'zod';
import { parsed } from './parsed.ts';

export interface ModelConfig {
  layer: LayerConfig;
  /** L */
  layers: number;
  /** V: tokens the model knows. */
  vocabularySize: number;
  /** I: width of the feed-forward layers. */
  intermediateWidth: number;
  /** Whether the embedding is the output projection too. */
  tiedEmbeddings: boolean;
}

const whole = z.int().min(1);
const absent = z.literal(false, 'this model has biases, which FAM.js does not support').nullish();

/** How far positions were stretched after pretraining; only "not at all" is supported. */
const rope = z
  .looseObject({
    rope_type: z.string().nullish(),
    type: z.string().nullish(),
    rope_theta: z.number().nullish(),
  })
  .nullish()
  .refine((scaling) => (scaling?.rope_type ?? scaling?.type ?? 'default') === 'default', {
    error: ({ input }) =>
      `the scaling ${JSON.stringify(input)} of positions is not supported yet, only null or "default"`,
  });

/** A Llama as transformers 4 writes it, or 5, which moved `rope_theta`; keys that change nothing are let through. */
const llamaSchema = z.looseObject({
  model_type: z.literal('llama'),
  hidden_act: z.literal('silu').nullish(),
  hidden_size: whole,
  intermediate_size: whole,
  num_hidden_layers: whole.max(1000),
  num_attention_heads: whole,
  num_key_value_heads: whole.nullish(),
  head_dim: whole.nullish(),
  rms_norm_eps: z.number().default(1e-6),
  rope_theta: z.number().nullish(),
  rope_scaling: rope,
  rope_parameters: rope,
  vocab_size: whole,
  tie_word_embeddings: z.boolean().default(false),
  max_position_embeddings: whole.nullish(),
  attention_bias: absent,
  mlp_bias: absent,
});

const famSchema = z.strictObject({
  block_size: whole,
  memory_segments: z.int().min(0),
  fam_length: z.int().min(0),
  variant: z.enum(variants).default('fam'),
  position: z.enum(famPositions).default('last'),
});

/**
 * Reads the two files' content. Without fam.json the model is the plain one: a single block as long as the texts that
 * the model was trained on, no memory segments and no FAM.
 *
 * @throws ConfigError when a value is missing, of the wrong kind, unsupported, or does not fit the others
 */
export function parseModelConfig(configJson: unknown, famJson?: unknown): ModelConfig {
  const llama = parsed(llamaSchema, configJson, 'config.json', ConfigError, 'a Llama from Hugging Face.');
  const plain = { block_size: llama.max_position_embeddings, memory_segments: 0, fam_length: 0 };
  const fam = parsed(
    famSchema,
    famJson ?? plain,
    'fam.json',
    ConfigError,
    'what TransformerFAM adds to a model.',
  );
  const layer: LayerConfig = {
    blockSize: fam.block_size,
    memorySegments: fam.memory_segments,
    famLength: fam.fam_length,
    variant: fam.variant,
    position: fam.position,
    width: llama.hidden_size,
    heads: llama.num_attention_heads,
    keyValueHeads: llama.num_key_value_heads ?? llama.num_attention_heads,
    headWidth: llama.head_dim ?? llama.hidden_size / llama.num_attention_heads,
    normEpsilon: llama.rms_norm_eps,
    theta: llama.rope_theta ?? llama.rope_parameters?.rope_theta ?? 10000,
  };
  requireLayerConfig(layer);
  return {
    layer,
    layers: llama.num_hidden_layers,
    vocabularySize: llama.vocab_size,
    intermediateWidth: llama.intermediate_size,
    tiedEmbeddings: llama.tie_word_embeddings,
  };
}

/** The content of config.json and fam.json; `parseModelConfig` is the way back. */
export function configFiles(config: ModelConfig): { config: object; fam: object } {
  const { layer } = config;
  return {
    config: {
      architectures: ['LlamaForCausalLM'],
      model_type: 'llama',
      hidden_act: 'silu',
      hidden_size: layer.width,
      intermediate_size: config.intermediateWidth,
      num_hidden_layers: config.layers,
      num_attention_heads: layer.heads,
      num_key_value_heads: layer.keyValueHeads,
      head_dim: layer.headWidth,
      rms_norm_eps: layer.normEpsilon,
      rope_theta: layer.theta,
      vocab_size: config.vocabularySize,
      tie_word_embeddings: config.tiedEmbeddings,
      max_position_embeddings: (layer.memorySegments + 1) * layer.blockSize,
      attention_bias: false,
      mlp_bias: false,
      torch_dtype: 'float32',
    },
    fam: {
      block_size: layer.blockSize,
      memory_segments: layer.memorySegments,
      fam_length: layer.famLength,
      variant: layer.variant,
      position: layer.position,
    },
  };
}
