/** A causal language model over TransformerFAM layers: functions over a flat map of named weights. */
import { require, TokenError } from '@famjs/backends';
import {
  type FamState,
  type HeldWeights,
  type ReadOptions,
  readStack,
  type Stack,
  type WeightMap,
} from '@famjs/layer';
import { embedding, headCrossEntropy, linear, type Projection } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import { adaptersOf, mapOf } from './adapters/lora.ts';
import type { ModelConfig } from './config.ts';
import { familyOf } from './families/families.ts';
import { dense } from './families/family.ts';

/** A model is its numbers: what it looks like and what it has learned. */
export interface Model<Weights extends HeldWeights = WeightMap> {
  config: ModelConfig;
  weights: Weights;
}

/** A model of which matrices that nobody trains may be quantised. */
export type HeldModel = Model<HeldWeights>;

/** The weights as the layers take them, made once for all the calls that share them; differentiable. */
export function joinWeights<Weights extends HeldWeights>({ config, weights }: Model<Weights>): Weights {
  return familyOf(config).joined(weights, config) as Weights;
}

/** The weight that is a learned memory of a layer; no model that is loaded has any. */
export const learnedName = (layer: number) => `fam.state.${layer}`;

/** The layers of a model over joined weights. */
export function stackOver(config: ModelConfig, joined: HeldWeights): Stack {
  const family = familyOf(config);
  const layers = Array.from({ length: config.layers }, (_, index) => index);
  const learned = layers.flatMap((index) => dense(joined)[learnedName(index)] ?? []);
  return {
    config: config.fam,
    blocks: layers.map((index) => family.block(joined, index, config)),
    prompt: dense(joined)['fam.prompt'],
    prefixes: layers.map((index) => dense(joined)[`fam.prefix.${index}`]!),
    ...(learned.length > 0 && { learned }),
    normEpsilon: config.normEpsilon,
    finalNorm: (x) => family.finalNorm(joined, x, config),
  };
}

/** The layers of a model over its own weights, joined anew; differentiable in them. */
export const stackOf = (model: HeldModel): Stack => stackOver(model.config, joinWeights(model));

/** What of a model's stack does not depend on weights. */
export function factsOf(config: ModelConfig): Pick<Stack, 'config' | 'blocks'> {
  const { config: fam, blocks } = stackOver(config, {});
  return { config: fam, blocks };
}

/**
 * What the first layer receives for tokens.
 *
 * @param tokens int32 [...]
 * @returns [..., d]
 */
export function embeddedTokens({ config, weights }: HeldModel, tokens: tf.Tensor): tf.Tensor {
  const { names, embeddingScale } = familyOf(config);
  const embedded = embedding(weights[names.embedding]!, tokens);
  return embeddingScale ? tf.mul(embedded, embeddingScale(config)) : embedded;
}

/**
 * Reads tokens from a state.
 *
 * @param tokens int32 [B, S]; the caller has checked that the vocabulary holds them (`requireTokens`)
 * @returns the state after the tokens, and the last layer's activations [B, S, d], before the final norm, when asked
 */
export function readTokens(
  model: HeldModel,
  stack: Stack,
  tokens: tf.Tensor,
  state: FamState,
  options?: ReadOptions,
): { hidden: () => tf.Tensor; state: FamState } {
  const read = readStack(stack, embeddedTokens(model, tokens), state, options);
  return { hidden: read.x, state: read.state };
}

/** Logits [..., V] of the next token from activations [..., d]. */
export function logitsOf(model: HeldModel, hidden: tf.Tensor): tf.Tensor {
  return linear(normed(model, hidden), headOf(model));
}

const normed = ({ config, weights }: HeldModel, hidden: tf.Tensor): tf.Tensor =>
  familyOf(config).finalNorm(weights, hidden, config);

function headOf({ config, weights }: HeldModel): Projection {
  const { names } = familyOf(config);
  const head = config.tiedEmbeddings ? names.embedding : names.head;
  const adapters = adaptersOf(dense(weights), mapOf(names.head), config.adapters);
  return { weight: weights[head]!, adapters };
}

/**
 * weight · −ln p of labels [N], from activations [N, d]; logits of a large vocabulary are never there as a whole.
 *
 * @param labels int32 [N]
 * @param weights [N]
 * @returns [N]
 */
export const tokenLosses = (
  model: HeldModel,
  hidden: tf.Tensor,
  labels: tf.Tensor,
  weights: tf.Tensor,
): tf.Tensor => headCrossEntropy(normed(model, hidden), headOf(model), labels, weights);

/** Logits that are held at once. */
const mostLogits = 2 ** 22;

/** The likeliest next tokens int32 [N] from activations [N, d], of which nobody takes a gradient. */
export function likeliestTokens(model: HeldModel, hidden: tf.Tensor): tf.Tensor {
  const rows = Math.max(1, Math.floor(mostLogits / model.config.vocabularySize));
  const of = (from: number, size: number) =>
    tf.tidy(() => tf.argMax(logitsOf(model, tf.slice(hidden, [from, 0], [size, -1])), -1));
  // What a custom gradient does is not recorded.
  return tf.customGrad((hidden) => {
    const count = (hidden as tf.Tensor).shape[0]!;
    const parts = Array.from({ length: Math.ceil(count / rows) }, (_, run) =>
      of(run * rows, Math.min(rows, count - run * rows)),
    );
    return { value: tf.concat(parts, 0), gradFunc: () => tf.zerosLike(hidden as tf.Tensor) };
  })(hidden);
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
