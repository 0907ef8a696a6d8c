/** A Llama-style causal language model over TransformerFAM layers: functions over a flat map of named weights. */
import { require, TokenError } from '@famjs/backends';
import {
  type FamState,
  initialState,
  joinLayerWeights,
  type LayerWeights,
  type ReadOptions,
  readStack,
  type WeightMap,
} from '@famjs/layer';
import { embedding, linear, rmsNorm } from '@famjs/ops';
import type * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from './config.ts';

/** A model is its numbers: what it looks like and what it has learned. */
export interface Model {
  config: ModelConfig;
  weights: WeightMap;
}

/** The layers' weights, joined once for all the calls that share them. */
export function joinWeights({ config, weights }: Model): LayerWeights[] {
  return Array.from({ length: config.layers }, (_, index) => joinLayerWeights(weights, index));
}

/** The state before the first token, for `rows` texts side by side. */
export function startState(
  model: Model,
  layers: readonly LayerWeights[],
  rows: number,
  origin?: number,
): FamState {
  return initialState(layers, model.weights['fam.prompt'], rows, model.config.layer, origin);
}

/**
 * Reads tokens from a state.
 *
 * @param tokens int32 [B, S]; the caller has checked that the vocabulary holds them (`requireTokens`)
 * @returns the state after the tokens, and the last layer's activations [B, S, d], before the final norm, when asked
 */
export function readTokens(
  model: Model,
  layers: readonly LayerWeights[],
  tokens: tf.Tensor,
  state: FamState,
  options?: ReadOptions,
): { hidden: () => tf.Tensor; state: FamState } {
  const x = embedding(model.weights['model.embed_tokens.weight']!, tokens);
  const read = readStack(layers, x, state, model.config.layer, options);
  return { hidden: read.x, state: read.state };
}

/** Logits [..., V] of the next token from activations [..., d]. */
export function logitsOf({ config, weights }: Model, hidden: tf.Tensor): tf.Tensor {
  const normed = rmsNorm(hidden, weights['model.norm.weight'], config.layer.normEpsilon);
  const head = config.tiedEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight';
  return linear(normed, { weight: weights[head]! });
}

/** @throws TokenError when a token is not in the vocabulary */
export function requireTokens(tokens: ArrayLike<number>, { vocabularySize }: ModelConfig): void {
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    require(Number.isInteger(token) && token >= 0 && token < vocabularySize, TokenError, () => ({
      wrong: `Token ${i} is ${token}.`,
      expected: `a whole number from 0 to ${vocabularySize - 1}, the vocabulary of this model.`,
      remedy: 'encode the text with the tokenizer that belongs to the model.',
    }));
  }
}
