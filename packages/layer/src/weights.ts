/** The weights of one layer, taken from the flat map of a model and joined where one product serves several. */
import * as tf from '@tensorflow/tfjs-core';

/** A weight set is a flat map of named tensors with Hugging Face names; linear weights are [out, in]. */
export type WeightMap = Readonly<Record<string, tf.Tensor>>;

export interface LayerWeights {
  /** [d] */
  inputNorm: tf.Tensor;
  /** [H D, d] */
  query: tf.Tensor;
  /** [Hkv D, d] */
  key: tf.Tensor;
  /** [Hkv D, d] */
  value: tf.Tensor;
  /** [d, H D] */
  output: tf.Tensor;
  /** [d] */
  postAttentionNorm: tf.Tensor;
  /** Gate and up projections, [2 I, d]. */
  gateUp: tf.Tensor;
  /** [d, I] */
  down: tf.Tensor;
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

/** Joins the weights of layer `index`; differentiable, so that training and inference share it. */
export function joinLayerWeights(weights: WeightMap, index: number): LayerWeights {
  const [inputNorm, query, key, value, output, postAttentionNorm, gate, up, down] = layerWeightNames(
    index,
  ).map((name) => weights[name]!) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  return {
    inputNorm,
    query,
    key,
    value,
    output,
    postAttentionNorm,
    gateUp: tf.concat([gate, up], 0),
    down,
  };
}
