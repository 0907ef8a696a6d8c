/**
 * Gemma 3 (Kamath et al., 2025), its text model: norms of queries and keys, norms after attention and feed-forward too, all of them by
 * 1 + weight, a GELU by tanh, scaled embeddings, and layers that see a window, with positions of their own, between those that see all.
 */
import { ConfigError } from '@famjs/backends';
import { rmsNorm, tanhGeGLU } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import * as z from 'zod';
import { parsed } from '../parsed.ts';
import {
  architectureOf,
  type DecoderNumbers,
  decoderKeys,
  requireHeads,
  sizesOf,
  writtenDecoder,
} from './decoder-config.ts';
import { dense, type Family } from './family.ts';
import { attentionMaps, gatedDecoder } from './gated-decoder.ts';
import { type LocalLayers, layerTypes, localLayersOf, writtenLayerTypes } from './layer-types.ts';
import { frequenciesOf, type Rope, ropeFrom, ropeSchema, scoreFactorOf, writtenScaling } from './rope.ts';

/** What a Gemma 3 has beside what every model has. Its `theta` and `scaling` are those of layers that see all. */
export interface Gemma3Numbers extends DecoderNumbers {
  modelType: 'gemma3_text';
  /** Scores are divided by the root of this. */
  queryScale: number;
  /** Tokens that a token of local layers sees, itself included. */
  window: number;
  /** Layer by layer whether it is local. */
  local: LocalLayers;
  /** Positions of local layers. */
  localRope: Rope;
  /** Whether attention's projections have biases. */
  attentionBias?: true;
}

const whole = z.int().min(1);
const absent = (what: string) => z.null(`${what} is not supported`).optional();

const schema = z.looseObject({
  ...decoderKeys,
  model_type: z.literal('gemma3_text'),
  hidden_activation: z.literal('gelu_pytorch_tanh').nullish(),
  query_pre_attn_scalar: z.number().positive().default(256),
  sliding_window: whole.default(4096),
  layer_types: layerTypes,
  sliding_window_pattern: whole.nullish(),
  _sliding_window_pattern: whole.nullish(),
  rope_local_base_freq: z.number().gt(1).nullish(),
  rope_parameters: z
    .looseObject({ full_attention: ropeSchema.nullish(), sliding_attention: ropeSchema.nullish() })
    .nullish(),
  attention_bias: z.boolean().nullish(),
  attn_logit_softcapping: absent('a cap on scores'),
  final_logit_softcapping: absent('a cap on logits'),
  use_bidirectional_attention: z
    .literal(false, 'attention that sees what follows is not supported')
    .nullish(),
});

const norms = {
  afterAttention: 'post_attention_layernorm',
  beforeFeedForward: 'pre_feedforward_layernorm',
  afterFeedForward: 'post_feedforward_layernorm',
};

const decoder = gatedDecoder<Gemma3Numbers>({
  biases: ({ attentionBias }) => (attentionBias ? attentionMaps : []),
  headNorms: true,
  norms: () => norms,
  gate: tanhGeGLU,
  facts(own, index) {
    const isLocal = own.local[index]!;
    const rope = isLocal ? own.localRope : own;
    return {
      scale: scoreFactorOf(rope) / Math.sqrt(own.queryScale),
      frequencies: frequenciesOf(rope, own.headWidth),
      window: isLocal ? own.window : undefined,
    };
  },
});

export const gemma3: Family<Gemma3Numbers> = {
  ...decoder,
  modelType: 'gemma3_text',
  zeroCentredNorms: true,

  read(configJson) {
    const json = parsed(schema, configJson, 'config.json', ConfigError, 'a text model of Gemma 3.');
    const { full_attention, sliding_attention } = json.rope_parameters ?? {};
    const others = { ...json, rope_parameters: undefined };
    const pattern = json.sliding_window_pattern ?? json._sliding_window_pattern ?? 6;
    const family: Gemma3Numbers = {
      modelType: 'gemma3_text',
      ...sizesOf(json, { headWidth: 256 }),
      ...ropeFrom(full_attention ?? json.rope_scaling ?? {}, others, json.rope_theta ?? 1e6),
      localRope: ropeFrom(sliding_attention ?? {}, others, json.rope_local_base_freq ?? 1e4),
      queryScale: json.query_pre_attn_scalar,
      window: json.sliding_window,
      local: localLayersOf(json.layer_types, json.num_hidden_layers, (index) => (index + 1) % pattern > 0),
      ...(json.attention_bias && { attentionBias: true }),
    };
    requireHeads(family);
    return { ...architectureOf(json, { tiedEmbeddings: true }), family };
  },

  /** In the keys of transformers 4, but where its local layers could not have positions of their own. */
  write(config) {
    const { localRope, ...family } = config.family;
    const rope = ({ theta, scaling }: Rope) => ({
      rope_theta: theta,
      ...(scaling ? writtenScaling(scaling) : { rope_type: 'default' }),
    });
    return {
      architectures: ['Gemma3ForCausalLM'],
      model_type: 'gemma3_text',
      hidden_activation: 'gelu_pytorch_tanh',
      ...writtenDecoder(config),
      query_pre_attn_scalar: family.queryScale,
      sliding_window: family.window,
      layer_types: writtenLayerTypes(family.local),
      attention_bias: family.attentionBias ?? false,
      rope_local_base_freq: localRope.theta,
      ...(localRope.scaling && {
        rope_parameters: { full_attention: rope(family), sliding_attention: rope(localRope) },
      }),
    };
  },

  embeddingScale: ({ width }) => Math.sqrt(width),

  /** Norms of the layers as gains; the last norm, which follows the layers, stays as it is. */
  joined(weights, config) {
    const joined = Object.entries(decoder.joined(weights, config)).map(([name, weight]) => [
      name,
      /^model\.layers\..*norm\.weight$/.test(name) ? tf.add(weight as tf.Tensor, 1) : weight,
    ]);
    return Object.fromEntries(joined);
  },

  finalNorm: (weights, x, { normEpsilon }) =>
    rmsNorm(x, tf.add(dense(weights)['model.norm.weight']!, 1), normEpsilon),
};
