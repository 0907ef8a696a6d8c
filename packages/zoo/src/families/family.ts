/** The seam at which a family of models meets the rest: one file a family, named by Hugging Face's `model_type`. */
import type { Block, HeldWeights, WeightMap } from '@famjs/layer';
import type * as tf from '@tensorflow/tfjs-core';
import type { Adapters } from '../adapters/lora.ts';

/** What every model has. */
export interface Architecture {
  /** L */
  layers: number;
  /** d */
  width: number;
  /** V: tokens the model knows. */
  vocabularySize: number;
  /** Whether the embedding is the output projection too. */
  tiedEmbeddings: boolean;
  /** Added to the mean square or variance in norms. */
  normEpsilon: number;
  /** The longest text that the model was trained on; undefined where nobody says. */
  trainedContext?: number | undefined;
  /** What changes its linear maps, without being part of its checkpoint. */
  adapters?: Adapters | undefined;
}

export interface Family<Own extends { modelType: string }> {
  modelType: Own['modelType'];
  /**
   * Reads the content of config.json.
   *
   * @throws ConfigError when a value is missing, of the wrong kind or unsupported
   */
  read(configJson: unknown): Architecture & { family: Own };
  /** The content of config.json; `read` is the way back. */
  write(config: Architecture & { family: Own }): object;
  /** Names of the weights around the layers. */
  names: { embedding: string; head: string };
  /** The shape of every weight of the layers and of the final norm by name, in the order in which a forward pass meets them. */
  shapes(config: Architecture & { family: Own }): Record<string, number[]>;
  /** Whether norms multiply by 1 + weight, so that a model begins with weights of 0. */
  zeroCentredNorms?: boolean;
  /** What embeddings are multiplied by before the first layer; 1 unless given. */
  embeddingScale?(config: Architecture & { family: Own }): number;
  /** Names of the linear maps whose outputs are added to the residual stream. */
  writesToStream(name: string): boolean;
  /** The weights as the blocks take them, the same tensors as far as they can be; differentiable. */
  joined(weights: HeldWeights, config: Architecture & { family: Own }): HeldWeights;
  /** Layer `index` over joined weights. */
  block(weights: HeldWeights, index: number, config: Architecture & { family: Own }): Block;
  finalNorm(weights: HeldWeights, x: tf.Tensor, config: Architecture & { family: Own }): tf.Tensor;
}

/** Of weights those that are no matrices of linear maps: gains, biases, prompts. They are never quantised. */
export const dense = (weights: HeldWeights) => weights as WeightMap;
