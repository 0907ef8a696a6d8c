/** Weights to begin training with. */
import { requireBackend, tidied } from '@famjs/backends';
import { startState } from '@famjs/layer';
import * as tf from '@tensorflow/tfjs-core';
import { loraShapes } from './adapters/lora.ts';
import type { ModelConfig } from './config.ts';
import { familyOf } from './families/families.ts';
import { mapValues } from './formats/values.ts';
import { learnedName, type Model, stackOf } from './model.ts';
import { stream } from './random.ts';
import { linearMaps, weightShapes } from './weights.ts';

/** Standard deviations of normally distributed weights; linear maps get 1/√(inputs), gains of norms are 1. */
export interface InitialSpread {
  embedding: number;
  prompt: number;
  /** Factor on the maps that write to the residual stream, on top of 1/√(2 L). */
  residual: number;
  /** Of the logits that a head of its own begins with. A tied head is the embedding, and has its spread. */
  head: number;
}

/** A model of this spread knows nothing: its loss is that of equal chances for all tokens. */
export const uniformSpread: InitialSpread = { embedding: 0.02, prompt: 0.02, residual: 1, head: 0.1 };

/** Normally distributed. */
function drawn(seed: number, name: string, shape: number[], deviation: number): tf.Tensor {
  const normals = stream(seed, 'weights', name).normals(shape[0]! * shape[1]!);
  return tf.tensor(
    normals.map((value) => value * deviation),
    shape,
  );
}

/**
 * A head of its own begins as the embedding, at the scale of `head`: a token that stands in the residual stream is the one
 * that is predicted.
 *
 * @param seed fixes the weights, each by a stream of its own
 * @param spread starts at the loss of equal chances unless given
 * @returns one tensor a weight but those of adapters, in the caller's hands
 * @throws BackendUnavailableError before `setBackend()`
 */
export function initialWeights(
  config: ModelConfig,
  seed: number,
  { embedding, prompt, residual, head }: InitialSpread = uniformSpread,
): Record<string, tf.Tensor> {
  requireBackend();
  const { names, writesToStream, zeroCentredNorms } = familyOf(config);
  const deviation = (name: string, inputs: number): number => {
    if (name.startsWith('fam.')) return prompt;
    if (name === names.embedding) return embedding;
    return writesToStream(name) ? residual / Math.sqrt(2 * config.layers * inputs) : 1 / Math.sqrt(inputs);
  };
  const weights = Object.fromEntries(
    Object.entries(weightShapes({ ...config, adapters: undefined })).map(([name, shape]) => {
      if (shape.length === 1) {
        return [name, zeroCentredNorms || name.endsWith('bias') ? tf.zeros(shape) : tf.ones(shape)];
      }
      return [name, drawn(seed, name, shape, deviation(name, shape[1]!))];
    }),
  );
  if (config.tiedEmbeddings) return weights;
  weights[names.head]?.dispose();
  const scale = head / (embedding * Math.sqrt(config.width));
  return { ...weights, [names.head]: tf.mul(weights[names.embedding]!, scale) };
}

/**
 * The weights with which an adapter of the configuration begins: A is drawn with 1/√in, B is zero, so that it changes nothing yet.
 *
 * @param seed fixes the weights, each by a stream of its own
 * @returns one tensor a weight, in the caller's hands
 * @throws BackendUnavailableError before `setBackend()`
 */
export function initialAdapter(config: ModelConfig, name: string, seed: number): Record<string, tf.Tensor> {
  requireBackend();
  const shapes = loraShapes({ [name]: config.adapters![name]! }, linearMaps(config));
  return tidied(() =>
    mapValues(shapes, (shape, weight) =>
      weight.includes('.lora_B.') ? tf.zeros(shape) : drawn(seed, weight, shape, 1 / Math.sqrt(shape[1]!)),
    ),
  );
}

/**
 * The weights with which a learned memory begins: what the model itself begins texts with, once for each FAM that a block sees.
 *
 * @returns `fam.state.<l>` (see `Stack.learned`), in the caller's hands; none for a model without FAM
 * @throws BackendUnavailableError before `setBackend()`
 */
export function initialMemory(model: Model): Record<string, tf.Tensor> {
  requireBackend();
  return tidied(() => {
    const stack = stackOf(model);
    const { famLength, variant } = stack.config;
    if (famLength === 0) return {};
    const memories =
      variant.carrier === 'attention'
        ? startState(stack, 1).layers.map(({ fam }) =>
            tf.tile(tf.squeeze<tf.Tensor2D>(fam!.activations, [0]), [variant.visible, 1]),
          )
        : [tf.clone(stack.prompt!)];
    return Object.fromEntries(memories.map((memory, layer) => [learnedName(layer), memory]));
  });
}
