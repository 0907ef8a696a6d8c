/** Llama (Touvron et al., 2023): RMSNorm, rotary positions, grouped-query attention, SwiGLU. */
import { ConfigError, require } from '@famjs/backends';
import { type Block, residualOf, rotate } from '@famjs/layer';
import { linear, rmsNorm, rotaryFrequencies, swiGLU } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import * as z from 'zod';
import { parsed } from '../parsed.ts';
import type { Architecture, Family } from './family.ts';
import { rope } from './rope.ts';

/** What a Llama has beside what every model has. */
export interface LlamaNumbers {
  modelType: 'llama';
  /** H: query heads. */
  heads: number;
  /** Hkv: key and value heads, a divisor of H. */
  keyValueHeads: number;
  /** D: width of a head, even. */
  headWidth: number;
  /** I: width of the feed-forward layers. */
  intermediateWidth: number;
  /** Base of the rotary frequencies. */
  theta: number;
}

type LlamaConfig = Architecture & { family: LlamaNumbers };

const whole = z.int().min(1);
const absent = z.literal(false, 'this model has biases, which FAM.js does not support').nullish();

/** As transformers 4 writes it, or 5, which moved `rope_theta`; keys that change nothing are let through. */
const schema = z.looseObject({
  model_type: z.literal('llama'),
  hidden_act: z.literal('silu').nullish(),
  hidden_size: whole,
  intermediate_size: whole,
  num_hidden_layers: whole.max(1000),
  num_attention_heads: whole,
  num_key_value_heads: whole.nullish(),
  head_dim: whole.nullish(),
  rms_norm_eps: z.number().positive().default(1e-6),
  rope_theta: z.number().gt(1).nullish(),
  rope_scaling: rope,
  rope_parameters: rope,
  vocab_size: whole,
  tie_word_embeddings: z.boolean().default(false),
  max_position_embeddings: whole.nullish(),
  attention_bias: absent,
  mlp_bias: absent,
});

const at = (index: number, part: string) => `model.layers.${index}.${part}.weight`;

/** @throws ConfigError when heads do not fit together */
export function requireHeads({ heads, keyValueHeads, headWidth }: Omit<LlamaNumbers, 'modelType'>): void {
  require(heads % keyValueHeads === 0, ConfigError, () => ({
    wrong: `${heads} query heads cannot share ${keyValueHeads} key/value heads evenly.`,
    expected: 'heads to be a multiple of keyValueHeads.',
    remedy: 'correct num_attention_heads or num_key_value_heads.',
  }));
  require(Number.isInteger(headWidth) && headWidth % 2 === 0, ConfigError, () => ({
    wrong: `The head width is ${headWidth}.`,
    expected: 'an even number, for rotary positions turn pairs.',
    remedy: 'correct head_dim or the number of heads.',
  }));
}

export const llama: Family<LlamaNumbers> = {
  modelType: 'llama',

  read(configJson) {
    const json = parsed(schema, configJson, 'config.json', ConfigError, 'a Llama from Hugging Face.');
    const family: LlamaNumbers = {
      modelType: 'llama',
      heads: json.num_attention_heads,
      keyValueHeads: json.num_key_value_heads ?? json.num_attention_heads,
      headWidth: json.head_dim ?? json.hidden_size / json.num_attention_heads,
      intermediateWidth: json.intermediate_size,
      theta: json.rope_theta ?? json.rope_parameters?.rope_theta ?? 10000,
    };
    requireHeads(family);
    return {
      family,
      layers: json.num_hidden_layers,
      width: json.hidden_size,
      vocabularySize: json.vocab_size,
      tiedEmbeddings: json.tie_word_embeddings,
      normEpsilon: json.rms_norm_eps,
      trainedContext: json.max_position_embeddings ?? undefined,
    };
  },

  write: ({ family, ...config }) => ({
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_act: 'silu',
    hidden_size: config.width,
    intermediate_size: family.intermediateWidth,
    num_hidden_layers: config.layers,
    num_attention_heads: family.heads,
    num_key_value_heads: family.keyValueHeads,
    head_dim: family.headWidth,
    rms_norm_eps: config.normEpsilon,
    rope_theta: family.theta,
    vocab_size: config.vocabularySize,
    tie_word_embeddings: config.tiedEmbeddings,
    ...(config.trainedContext && { max_position_embeddings: config.trainedContext }),
    attention_bias: false,
    mlp_bias: false,
    torch_dtype: 'float32',
  }),

  names: { embedding: 'model.embed_tokens.weight', head: 'lm_head.weight' },

  shapes({ family, layers, width: d }) {
    const { heads, keyValueHeads, headWidth, intermediateWidth: I } = family;
    const [q, kv] = [heads * headWidth, keyValueHeads * headWidth];
    const ofLayer = {
      ...{ input_layernorm: [d], 'self_attn.q_proj': [q, d], 'self_attn.k_proj': [kv, d] },
      ...{ 'self_attn.v_proj': [kv, d], 'self_attn.o_proj': [d, q], post_attention_layernorm: [d] },
      ...{ 'mlp.gate_proj': [I, d], 'mlp.up_proj': [I, d], 'mlp.down_proj': [d, I] },
    };
    const all = Array.from({ length: layers }, (_, index) =>
      Object.entries(ofLayer).map(([part, shape]) => [at(index, part), shape]),
    );
    return { ...Object.fromEntries(all.flat()), 'model.norm.weight': [d] };
  },

  writesToStream: (name) => /\.(o|down)_proj\.weight$/.test(name),

  joined(weights, { layers }) {
    const joined: Record<string, tf.Tensor> = { ...weights };
    for (let index = 0; index < layers; index++) {
      const pair = ['gate', 'up'].map((part) => weights[at(index, `mlp.${part}_proj`)]!);
      joined[at(index, 'mlp.gate_up_proj')] = tf.concat(pair, 0);
    }
    return joined;
  },

  block: (weights, index, config) => llamaBlock((part) => weights[at(index, part)]!, config),

  finalNorm: (weights, x, { normEpsilon }) => rmsNorm(x, weights['model.norm.weight'], normEpsilon),
};

/** @param weight finds a weight of the layer by its name within it */
function llamaBlock(weight: (part: string) => tf.Tensor, { family, normEpsilon }: LlamaConfig): Block {
  const { heads, keyValueHeads, headWidth, theta } = family;
  return {
    attention: {
      ...{ heads, keyValueHeads, headWidth, valueWidth: headWidth },
      scale: 1 / Math.sqrt(headWidth),
      frequencies: rotaryFrequencies(headWidth, theta),
    },

    project(x, rotation) {
      const normed = rmsNorm(x, weight('input_layernorm'), normEpsilon);
      const inHeads = (part: string, count: number) =>
        tf.reshape(linear(normed, { weight: weight(part) }), [...x.shape.slice(0, 2), count, headWidth]);
      return {
        q: () => rotate(inHeads('self_attn.q_proj', heads), rotation),
        k: () => rotate(inHeads('self_attn.k_proj', keyValueHeads), rotation),
        v: () => inHeads('self_attn.v_proj', keyValueHeads),
      };
    },

    /** X' = residual + attention · Wo ; X' + FF(norm(X')). */
    finish(input, attention, { residual, feedForward = true } = {}) {
      const flat = tf.reshape(attention, [...input.shape.slice(0, 2), heads * headWidth]);
      const projected = linear(flat, { weight: weight('self_attn.o_proj') });
      const added = residualOf(input, residual);
      const x = added ? tf.add(added, projected) : projected;
      if (!feedForward) return x;
      const normed = rmsNorm(x, weight('post_attention_layernorm'), normEpsilon);
      const raised = swiGLU(linear(normed, { weight: weight('mlp.gate_up_proj') }));
      return tf.add(x, linear(raised, { weight: weight('mlp.down_proj') }));
    },
  };
}
