/** Loading a model, wherever its files lie. */
import { CheckpointError, require, requireBackend } from '@famjs/backends';
import type { Weight } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { WeightDtype } from './dtype.ts';
import { baseOf, requireBase, type Sample } from './fingerprint.ts';
import type { AdditionSources } from './formats/additions.ts';
import type { ReadTensor } from './formats/checkpoint.ts';
import { held } from './formats/held.ts';
import { readModel } from './formats/read-model.ts';
import type { LanguageModel } from './language-model.ts';
import { loadedModel } from './model-in-use.ts';
import type { ModelOptions } from './model-options.ts';
import { withSources } from './sources/open-all.ts';
import type { ModelPlace } from './sources/open-source.ts';
import { type ModelSource, nameOf } from './sources/source.ts';
import type { Tokenizer } from './tokenizers/tokenizer.ts';
import { untrainedPrompt } from './untrained.ts';

/**
 * Loads a model onto the current backend: one weight after the other, when all the rest has been checked.
 *
 * @param from name of a shipped model, a folder or a .gguf file (in Node), a URL of either, or the files themselves
 * @param options `memory` and `adapters` for what is added to it; `fam` or `context` for what it sees of a text; `dtype` for how its matrices are held; `tokenizer: false` for a model that has none, or whose text
 *   is not wanted
 * @returns the model, to be disposed of by the caller
 * @throws BackendUnavailableError before `setBackend()`
 * @throws CheckpointError when there is no model, or a file is missing, damaged or of another save
 * @throws ConfigError when its weights are quantised otherwise than `dtype` asks for
 * @throws ConfigError, TokenError, NonFiniteError when its files do not make a sound model
 */
export function loadModel(from: ModelPlace, options?: ModelOptions): Promise<LanguageModel>;
export function loadModel(
  from: ModelPlace,
  options: ModelOptions & { tokenizer: false },
): Promise<LanguageModel<undefined>>;
export async function loadModel(
  from: ModelPlace,
  options: ModelOptions & { tokenizer?: false } = {},
): Promise<LanguageModel<Tokenizer | undefined>> {
  requireBackend();
  return withSources(from, options, (source, additions) => loadFrom(source, additions, options));
}

async function loadFrom(
  source: ModelSource,
  additions: AdditionSources,
  { signal, tokenizer: wanted, dtype, fam, context }: ModelOptions & { tokenizer?: false },
): Promise<LanguageModel<Tokenizer | undefined>> {
  const wantsText = wanted !== false;
  const read = await readModel(source, { fam, context, dtype }, wantsText, additions);
  const { config, untrained, memory } = read;
  const speech = await read.speech();
  const tokenizer = wantsText ? speech.tokenizer : undefined;
  require(tokenizer || !wantsText, CheckpointError, () => ({
    wrong: `There is no tokenizer.json in ${source.place}.`,
    expected: 'the tokenizer that the model was trained with.',
    remedy: 'fetch tokenizer.json too, or load with { tokenizer: false } and pass tokens instead of text.',
  }));
  const { weights, samples } = await uploadWeights(read.weights(), dtype, signal);
  const name = nameOf(source.place);
  try {
    if (memory) requireBase(memory, await baseOf(config, samples, name));
  } catch (error) {
    tf.dispose(weights);
    throw error;
  }
  if (untrained) weights['fam.prompt'] = untrainedPrompt({ config, weights });
  return loadedModel({ config, weights, tokenizer, endTokens: speech.endTokens }, name, samples, untrained);
}

/** A tensor of each weight before the next one is read; none is left behind when one fails. */
async function uploadWeights(
  read: AsyncIterable<[string, ReadTensor]>,
  dtype: WeightDtype | undefined,
  signal: AbortSignal | undefined,
) {
  const weights: Record<string, Weight> = {};
  const samples: Record<string, Sample> = {};
  try {
    for await (const [name, tensor] of read) {
      signal?.throwIfAborted();
      ({ weight: weights[name], sample: samples[name] } = held(name, tensor, dtype));
    }
    signal?.throwIfAborted();
    return { weights, samples };
  } catch (error) {
    tf.dispose(weights);
    throw error;
  }
}
