/**
 * GPT-NeoX (Black et al., 2022; Pythia): LayerNorm, biases, rotary positions on part of each head, exact GELU, and attention and
 * feed-forward side by side or one after the other.
 */
import { ConfigError, require } from '@famjs/backends';
import { type Block, type HeldWeights, residualOf, rotate } from '@famjs/layer';
import { layerNorm, linear, type Weight, withRows } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import * as z from 'zod';
import { loraNames, namesOn, rowsByOutput } from '../adapters/lora.ts';
import { parsed } from '../parsed.ts';
import { type Architecture, dense, type Family } from './family.ts';
import { flatHeads, halvesApart, requireTurning, stillPairs } from './partial-rotary.ts';
import { projectionOf } from './projection.ts';
import {
  frequenciesOf,
  type Rope,
  ropeKeys,
  ropeOf,
  scoreFactorOf,
  turningShareOf,
  writtenRope,
} from './rope.ts';

/** What a GPT-NeoX has beside what every model has. */
export interface NeoXNumbers extends Rope {
  modelType: 'gpt_neox';
  /** H */
  heads: number;
  /** D: width of a head, even. */
  headWidth: number;
  /** How much of a head turns, even. */
  rotaryWidth: number;
  /** I: width of the feed-forward layers. */
  intermediateWidth: number;
  /** Whether attention's projections have biases. */
  attentionBias: boolean;
  /** Whether the feed-forward layer reads what attention reads, rather than what it leaves. */
  parallel: boolean;
}

type NeoXConfig = Architecture & { family: NeoXNumbers };

const whole = z.int().min(1);
const share = z.number().gt(0).max(1);

/** As transformers 4 writes it, or 5, which moved what is about positions; keys that change nothing are let through. */
const schema = z.looseObject({
  model_type: z.literal('gpt_neox'),
  hidden_act: z.literal('gelu').nullish(),
  hidden_size: whole,
  intermediate_size: whole,
  num_hidden_layers: whole.max(1000),
  num_attention_heads: whole,
  layer_norm_eps: z.number().positive().default(1e-5),
  rotary_pct: share.nullish(),
  rotary_emb_base: z.number().gt(1).nullish(),
  ...ropeKeys,
  vocab_size: whole,
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().default(true),
  use_parallel_residual: z.boolean().default(true),
});

const at = (index: number, part: string) => `gpt_neox.layers.${index}.${part}`;

export const gptNeoX: Family<NeoXNumbers> = {
  modelType: 'gpt_neox',

  read(configJson) {
    const json = parsed(schema, configJson, 'config.json', ConfigError, 'a GPT-NeoX from Hugging Face.');
    const headWidth = json.hidden_size / json.num_attention_heads;
    const turning = json.rotary_pct ?? turningShareOf(json) ?? 0.25;
    const family: NeoXNumbers = {
      modelType: 'gpt_neox',
      heads: json.num_attention_heads,
      headWidth,
      rotaryWidth: Math.trunc(headWidth * turning),
      intermediateWidth: json.intermediate_size,
      ...ropeOf(json, json.rotary_emb_base ?? undefined),
      attentionBias: json.attention_bias,
      parallel: json.use_parallel_residual,
    };
    requireHeads(family);
    requireTurning(family, 'rotary_pct');
    return {
      family,
      layers: json.num_hidden_layers,
      width: json.hidden_size,
      vocabularySize: json.vocab_size,
      tiedEmbeddings: json.tie_word_embeddings,
      normEpsilon: json.layer_norm_eps,
      trainedContext: json.max_position_embeddings ?? undefined,
    };
  },

  write: ({ family, ...config }) => ({
    architectures: ['GPTNeoXForCausalLM'],
    model_type: 'gpt_neox',
    hidden_act: 'gelu',
    hidden_size: config.width,
    intermediate_size: family.intermediateWidth,
    num_hidden_layers: config.layers,
    num_attention_heads: family.heads,
    layer_norm_eps: config.normEpsilon,
    rotary_pct: family.rotaryWidth / family.headWidth,
    rotary_emb_base: family.theta,
    ...writtenRope(family),
    vocab_size: config.vocabularySize,
    tie_word_embeddings: config.tiedEmbeddings,
    ...(config.trainedContext && { max_position_embeddings: config.trainedContext }),
    attention_bias: family.attentionBias,
    use_parallel_residual: family.parallel,
    torch_dtype: 'float32',
  }),

  names: { embedding: 'gpt_neox.embed_in.weight', head: 'embed_out.weight' },

  shapes({ family, layers, width: d }) {
    const { intermediateWidth: I, attentionBias } = family;
    const map = (name: string, out: number, inner: number, bias = true) => ({
      [`${name}.weight`]: [out, inner],
      ...(bias && { [`${name}.bias`]: [out] }),
    });
    const norm = (name: string) => ({ [`${name}.weight`]: [d], [`${name}.bias`]: [d] });
    const ofLayer: Record<string, number[]> = {
      ...norm('input_layernorm'),
      ...map('attention.query_key_value', 3 * d, d, attentionBias),
      ...map('attention.dense', d, d, attentionBias),
      ...norm('post_attention_layernorm'),
      ...map('mlp.dense_h_to_4h', I, d),
      ...map('mlp.dense_4h_to_h', d, I),
    };
    const all = Array.from({ length: layers }, (_, index) =>
      Object.entries(ofLayer).map(([part, shape]) => [at(index, part), shape]),
    );
    return { ...Object.fromEntries(all.flat()), ...norm('gpt_neox.final_layer_norm') };
  },

  writesToStream: (name) => /\.(dense|dense_4h_to_h)\.weight$/.test(name),

  /** One projection for all three of a head becomes three, of which the pairs that turn stand D/2 apart. */
  joined(weights, { family, layers, adapters }) {
    const joined: Record<string, Weight> = { ...weights };
    for (let index = 0; index < layers; index++) {
      const map = at(index, threeInOne);
      const biases = family.attentionBias ? [`${map}.bias`] : [];
      for (const whole of [...rowsByOutput(map, adapters), ...biases]) {
        const moved = (part: number, move: (heads: tf.Tensor) => tf.Tensor) =>
          withRows(weights[whole]!, (rows) => move(partOfHeads(rows, part, family)));
        joined[partOf(whole, 'query')] = moved(0, (heads) => halvesApart(heads, family));
        joined[partOf(whole, 'key')] = moved(1, (heads) => halvesApart(heads, family));
        joined[partOf(whole, 'value')] = moved(2, flatHeads);
        delete joined[whole];
      }
      for (const name of namesOn(map, adapters)) {
        const { down } = loraNames(map, name);
        for (const part of ['query', 'key', 'value']) joined[partOf(down, part)] = weights[down]!;
      }
    }
    return joined;
  },

  block: neoXBlock,

  finalNorm: (weights, x, { normEpsilon }) => {
    const [gain, bias] = ['weight', 'bias'].map(
      (kind) => dense(weights)[`gpt_neox.final_layer_norm.${kind}`]!,
    );
    return layerNorm(x, gain!, bias, normEpsilon);
  },
};

/** In the checkpoint one map projects to queries, keys and values. */
const threeInOne = 'attention.query_key_value';
const partOf = (whole: string, part: string) => whole.replace(threeInOne, `attention.${part}`);

function neoXBlock(weights: HeldWeights, index: number, config: NeoXConfig): Block {
  const { heads, headWidth, rotaryWidth, parallel } = config.family;
  const vector = (part: string) => dense(weights)[at(index, part)];
  const map = (part: string, target = part) =>
    projectionOf(weights, at(index, part), config.adapters, at(index, target));
  const norm = (x: tf.Tensor, part: string) =>
    layerNorm(x, vector(`${part}.weight`)!, vector(`${part}.bias`), config.normEpsilon);
  return {
    attention: {
      ...{ heads, keyValueHeads: heads, headWidth, valueWidth: headWidth },
      scale: scoreFactorOf(config.family) / Math.sqrt(headWidth),
      frequencies: [...frequenciesOf(config.family, rotaryWidth), ...stillPairs(config.family)],
    },

    project(x, rotation) {
      const normed = norm(x, 'input_layernorm');
      const inHeads = (part: string) =>
        tf.reshape(linear(normed, map(`attention.${part}`, threeInOne)), [
          ...x.shape.slice(0, 2),
          heads,
          headWidth,
        ]);
      return {
        q: () => rotate(inHeads('query'), rotation),
        k: () => rotate(inHeads('key'), rotation),
        v: () => inHeads('value'),
      };
    },

    /** X' = residual + attention · Wo ; X' + FF(norm(X)) in parallel, X' + FF(norm(X')) one after the other. */
    finish(input, attention, { residual, feedForward = true } = {}) {
      const flat = tf.reshape(attention, [...input.shape.slice(0, 2), heads * headWidth]);
      const projected = linear(flat, map('attention.dense'));
      const added = residualOf(input, residual);
      const x = added ? tf.add(added, projected) : projected;
      if (!feedForward) return x;
      const normed = norm(parallel ? input : x, 'post_attention_layernorm');
      return tf.add(x, linear(gelu(linear(normed, map('mlp.dense_h_to_4h'))), map('mlp.dense_4h_to_h')));
    },
  };
}

/** x · Φ(x), with the distribution function of the standard normal distribution. */
function gelu(x: tf.Tensor): tf.Tensor {
  return tf.mul(x, tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5));
}

/** Queries, keys or values (`part` 0, 1, 2) of [H · 3 · D, …], as [H, D, …]. */
function partOfHeads(weight: tf.Tensor, part: number, { heads, headWidth }: NeoXNumbers): tf.Tensor {
  const parts = tf.reshape(weight, [heads, 3, headWidth, -1]);
  return tf.reshape(tf.slice(parts, [0, part, 0, 0], [-1, 1, -1, -1]), [
    heads,
    headWidth,
    ...weight.shape.slice(1),
  ]);
}

function requireHeads({ heads, headWidth }: NeoXNumbers): void {
  require(Number.isInteger(headWidth) && headWidth % 2 === 0, ConfigError, () => ({
    wrong: `${heads} heads share a width of ${heads * headWidth}.`,
    expected: 'heads of one even width, for rotary positions turn pairs.',
    remedy: 'correct hidden_size or num_attention_heads.',
  }));
}
