/** A FAM that nobody has trained: its prompt is the embeddings of tokens that a seed draws. */
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from './config.ts';
import { embeddedTokens, type HeldModel } from './model.ts';
import { stream } from './random.ts';

/** Whether the model needs a prompt. */
export const hasPrompt = ({ fam }: ModelConfig): boolean =>
  fam.famLength > 0 && fam.variant.initial === 'prompt';

/** The weights of the model without its FAM are those that its files hold. */
export const withoutFam = (config: ModelConfig): ModelConfig => ({
  ...config,
  fam: { ...config.fam, famLength: 0 },
});

/** Equal in every load of the model: [F, d]. */
export function untrainedPrompt(model: HeldModel): tf.Tensor {
  const { fam, vocabularySize } = model.config;
  const random = stream(0, 'weights', 'fam.prompt');
  const drawn = Int32Array.from({ length: fam.famLength }, () => random.below(vocabularySize));
  return tf.tidy(() => embeddedTokens(model, tf.tensor1d(drawn, 'int32')));
}
