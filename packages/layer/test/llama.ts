/** A Llama's layer as a block: the tests' own, for families live in the zoo. */
import { linear, type RotaryTable, rmsNorm, rotaryFrequencies, swiGLU } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import {
  type Block,
  type FamChoices,
  famConfig,
  residualOf,
  rotate,
  type Stack,
  type WeightMap,
} from '../src/index.ts';

/** The numbers of a Llama, and what TransformerFAM adds. */
export interface Numbers extends FamChoices {
  width: number;
  heads: number;
  keyValueHeads: number;
  headWidth: number;
  theta: number;
  normEpsilon: number;
  /** Token windows layer by layer. */
  windows?: readonly (number | null)[] | undefined;
}

/** Names of the weights of layer `index`, in the order in which a forward pass meets them. */
export function layerWeightNames(index: number): string[] {
  return [
    'input_layernorm',
    ...['q', 'k', 'v', 'o'].map((part) => `self_attn.${part}_proj`),
    'post_attention_layernorm',
    ...['gate', 'up', 'down'].map((part) => `mlp.${part}_proj`),
  ].map((name) => `model.layers.${index}.${name}.weight`);
}

export function llamaStack(numbers: Numbers, depth: number, weights: WeightMap): Stack {
  const layers = Array.from({ length: depth }, (_, l) => l);
  return {
    config: famConfig(numbers),
    blocks: layers.map((l) => llamaBlock(numbers, weights, l)),
    prompt: weights['fam.prompt'],
    prefixes: layers.map((l) => weights[`fam.prefix.${l}`]!),
    normEpsilon: numbers.normEpsilon,
    finalNorm: (x) => rmsNorm(x, weights['model.norm.weight'], numbers.normEpsilon),
  };
}

function llamaBlock(numbers: Numbers, weights: WeightMap, index: number): Block {
  const { heads, keyValueHeads, headWidth, theta, normEpsilon, windows } = numbers;
  const [inputNorm, query, key, value, output, postNorm, gate, up, down] = layerWeightNames(index).map(
    (name) => weights[name]!,
  ) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  return {
    attention: {
      ...{ heads, keyValueHeads, headWidth, valueWidth: headWidth, scale: 1 / Math.sqrt(headWidth) },
      frequencies: rotaryFrequencies(headWidth, theta),
      window: windows?.[index] ?? undefined,
    },
    project(x: tf.Tensor, rotation: RotaryTable) {
      const normed = rmsNorm(x, inputNorm, normEpsilon);
      const inHeads = (weight: tf.Tensor, count: number) =>
        tf.reshape(linear(normed, { weight }), [...x.shape.slice(0, 2), count, headWidth]);
      return {
        q: () => rotate(inHeads(query, heads), rotation),
        k: () => rotate(inHeads(key, keyValueHeads), rotation),
        v: () => inHeads(value, keyValueHeads),
      };
    },
    finish(input, attention, { residual, feedForward = true } = {}) {
      const flat = tf.reshape(attention, [...input.shape.slice(0, 2), heads * headWidth]);
      const added = residualOf(input, residual);
      const projected = linear(flat, { weight: output });
      const x = added ? tf.add(added, projected) : projected;
      if (!feedForward) return x;
      const normed = rmsNorm(x, postNorm, normEpsilon);
      const raised = swiGLU(linear(normed, { weight: gate }), linear(normed, { weight: up }));
      return tf.add(x, linear(raised, { weight: down }));
    },
  };
}
