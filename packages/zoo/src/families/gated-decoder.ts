/**
 * The decoder layer that Llama, Mistral, Qwen, Phi-3, Gemma and PaLM are made of: RMSNorm, rotary grouped-query attention, a gated
 * feed-forward layer. A family says in what its layers differ.
 */
import { type AttentionFacts, type Block, type HeldWeights, residualOf, rotate } from '@famjs/layer';
import { linear, plus, rmsNorm, shaped, swiGLU } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { DecoderNumbers } from './decoder-config.ts';
import { type Architecture, dense, type Family } from './family.ts';
import { projectionOf } from './projection.ts';
import { frequenciesOf, type Rope, scoreFactorOf } from './rope.ts';

type Sizes = Omit<DecoderNumbers, keyof Rope>;
type Config<Own> = Architecture & { family: Own };

/** The norms of a layer by name; those that are missing are not there. */
interface Norms {
  beforeFeedForward?: string;
  afterAttention?: string;
  afterFeedForward?: string;
}

/** In what the layers of a family differ from those of a Llama without biases. */
export interface DecoderForm<Own> {
  /** Names, within a layer, of the linear maps that have a bias. */
  biases?: (own: Own) => readonly string[];
  /** Whether each head's queries and keys are normed before they turn. */
  headNorms?: boolean;
  /** Without a norm before it, the feed-forward layer reads what attention reads, side by side with it. */
  norms?: (own: Own) => Norms;
  /** What of the up projection passes the gate. */
  gate?: (gate: tf.Tensor, up: tf.Tensor) => tf.Tensor;
  /** Whether one matrix, `qkv_proj`, projects to queries, keys and values, and one, `gate_up_proj`, to gate and up. */
  joinedMaps?: boolean;
  /** What attention must know of layer `index`. */
  facts(own: Own, index: number): Pick<AttentionFacts, 'scale' | 'frequencies' | 'window'>;
}

export const attentionMaps = ['q', 'k', 'v', 'o'].map((part) => `self_attn.${part}_proj`);
export const feedForwardMaps = ['gate', 'up', 'down'].map((part) => `mlp.${part}_proj`);

export const at = (index: number, part: string) => `model.layers.${index}.${part}`;

/** Of layers in which every head turns as a whole. */
export const wholeHeads = (own: DecoderNumbers) => ({
  scale: scoreFactorOf(own) / Math.sqrt(own.headWidth),
  frequencies: frequenciesOf(own, own.headWidth),
});

const serial: Norms = { beforeFeedForward: 'post_attention_layernorm' };

/** Everything of a family but its config.json. */
export function gatedDecoder<Own extends Sizes>(
  form: DecoderForm<Own>,
): Pick<
  Family<Own & { modelType: string }>,
  'names' | 'shapes' | 'writesToStream' | 'joined' | 'block' | 'finalNorm'
> {
  const { headNorms = false, norms = () => serial } = form;
  return {
    names: { embedding: 'model.embed_tokens.weight', head: 'lm_head.weight' },

    shapes({ family, layers, width: d }) {
      const { heads, keyValueHeads, headWidth: D, intermediateWidth: I } = family;
      const [q, kv] = [heads * D, keyValueHeads * D];
      const biased = form.biases?.(family) ?? [];
      const map = (part: string, out: number, inner: number) => ({
        [`${part}.weight`]: [out, inner],
        ...(biased.includes(part) && { [`${part}.bias`]: [out] }),
      });
      const norm = (part: string | undefined, width = d) => part && { [`${part}.weight`]: [width] };
      const { beforeFeedForward, afterAttention, afterFeedForward } = norms(family);
      const ofLayer: Record<string, number[]> = {
        ...norm('input_layernorm'),
        ...map('self_attn.q_proj', q, d),
        ...map('self_attn.k_proj', kv, d),
        ...map('self_attn.v_proj', kv, d),
        ...(headNorms && { ...norm('self_attn.q_norm', D), ...norm('self_attn.k_norm', D) }),
        ...map('self_attn.o_proj', d, q),
        ...{ ...norm(afterAttention), ...norm(beforeFeedForward) },
        ...{ ...map('mlp.gate_proj', I, d), ...map('mlp.up_proj', I, d), ...map('mlp.down_proj', d, I) },
        ...norm(afterFeedForward),
      };
      const all = Array.from({ length: layers }, (_, index) =>
        Object.entries(ofLayer).map(([part, shape]) => [at(index, part), shape]),
      );
      return { ...Object.fromEntries(all.flat()), 'model.norm.weight': [d] };
    },

    writesToStream: (name) => /\.(o|down)_proj\.weight$/.test(name),

    joined: (weights) => weights,

    block: (weights, index, config) => decoderBlock(weights, index, config, { ...form, headNorms, norms }),

    finalNorm: (weights, x, { normEpsilon }) => rmsNorm(x, dense(weights)['model.norm.weight'], normEpsilon),
  };
}

function decoderBlock<Own extends Sizes>(
  weights: HeldWeights,
  index: number,
  { family, normEpsilon, adapters }: Config<Own>,
  { facts, gate = swiGLU, headNorms, joinedMaps, norms }: DecoderForm<Own> & { norms: (own: Own) => Norms },
): Block {
  const { heads, keyValueHeads, headWidth } = family;
  const { beforeFeedForward, afterAttention, afterFeedForward } = norms(family);
  const map = (part: string) => projectionOf(weights, at(index, part), adapters);
  const norm = (x: tf.Tensor, part: string | undefined) =>
    part ? rmsNorm(x, dense(weights)[at(index, `${part}.weight`)], normEpsilon) : x;
  return {
    attention: { heads, keyValueHeads, headWidth, valueWidth: headWidth, ...facts(family, index) },

    project(x, rotation) {
      const normed = norm(x, 'input_layernorm');
      const mappedTo = joinedMaps
        ? joinedAttention(linear(normed, map('self_attn.qkv_proj')), family)
        : (part: 'q' | 'k' | 'v') => linear(normed, map(`self_attn.${part}_proj`));
      const inHeads = (part: 'q' | 'k' | 'v', count: number) => {
        const mapped = mappedTo(part);
        return shaped(mapped, [...x.shape.slice(0, 2), count, headWidth]);
      };
      const turned = (part: 'q' | 'k', count: number) =>
        rotate(norm(inHeads(part, count), headNorms ? `self_attn.${part}_norm` : undefined), rotation);
      return {
        q: () => turned('q', heads),
        k: () => turned('k', keyValueHeads),
        v: () => inHeads('v', keyValueHeads),
      };
    },

    /** X' = residual + attention · Wo ; X' + FF(norm(X')), or side by side X' + FF(norm(X)). */
    finish(input, attention, { residual, feedForward = true } = {}) {
      const flat = shaped(attention, [...input.shape.slice(0, 2), heads * headWidth]);
      const projected = norm(linear(flat, map('self_attn.o_proj')), afterAttention);
      const added = residualOf(input, residual);
      const x = added ? plus(added, projected) : projected;
      if (!feedForward) return x;
      const normed = beforeFeedForward ? norm(x, beforeFeedForward) : norm(input, 'input_layernorm');
      const [gates, up] = joinedMaps
        ? tf.split(linear(normed, map('mlp.gate_up_proj')), 2, -1)
        : [linear(normed, map('mlp.gate_proj')), linear(normed, map('mlp.up_proj'))];
      const raised = linear(gate(gates!, up!), map('mlp.down_proj'));
      return plus(x, norm(raised, afterFeedForward));
    },
  };
}

/** The parts of what one matrix makes of activations. */
function joinedAttention(mapped: tf.Tensor, { heads, keyValueHeads, headWidth }: Sizes) {
  const sizes = [heads, keyValueHeads, keyValueHeads].map((count) => count * headWidth);
  const [q, k, v] = tf.split(mapped, sizes, -1) as [tf.Tensor, tf.Tensor, tf.Tensor];
  return (part: 'q' | 'k' | 'v') => ({ q, k, v })[part];
}
