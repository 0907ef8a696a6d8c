/** Loading a model, wherever its files lie. */
import { CheckpointError, require, requireBackend } from '@famjs/backends';
import { filled } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { FamOptions } from './fam-options.ts';
import { type Sample, sampleOf } from './fingerprint.ts';
import type { ReadTensor } from './formats/checkpoint.ts';
import { readModel } from './formats/read-model.ts';
import type { LanguageModel } from './language-model.ts';
import { loadedModel } from './model-in-use.ts';
import { type ModelPlace, openSource } from './sources/open-source.ts';
import { type LoadOptions, type ModelSource, nameOf } from './sources/source.ts';
import type { Tokenizer } from './tokenizers/tokenizer.ts';
import { untrainedPrompt } from './untrained.ts';

/**
 * Loads a model onto the current backend: one weight after the other, when all the rest has been checked.
 *
 * @param from name of a shipped model, a folder or a .gguf file (in Node), a URL of either, or the files themselves
 * @param options `fam` or `context` for what it sees of a text; `tokenizer: false` for a model that has none, or whose text
 *   is not wanted
 * @returns the model, to be disposed of by the caller
 * @throws BackendUnavailableError before `setBackend()`
 * @throws CheckpointError when there is no model, or a file is missing, damaged or of another save
 * @throws ConfigError, TokenError, NonFiniteError when its files do not make a sound model
 */
export function loadModel(from: ModelPlace, options?: LoadOptions & FamOptions): Promise<LanguageModel>;
export function loadModel(
  from: ModelPlace,
  options: LoadOptions & FamOptions & { tokenizer: false },
): Promise<LanguageModel<undefined>>;
export async function loadModel(
  from: ModelPlace,
  options: LoadOptions & FamOptions & { tokenizer?: false } = {},
): Promise<LanguageModel<Tokenizer | undefined>> {
  requireBackend();
  const source = await openSource(from, options);
  try {
    return await loadFrom(source, options);
  } finally {
    source.close();
  }
}

async function loadFrom(
  source: ModelSource,
  { signal, tokenizer: wanted, fam, context }: LoadOptions & FamOptions & { tokenizer?: false },
): Promise<LanguageModel<Tokenizer | undefined>> {
  const wantsText = wanted !== false;
  const read = await readModel(source, { fam, context }, wantsText);
  const { config, untrained } = read;
  const speech = await read.speech();
  const tokenizer = wantsText ? speech.tokenizer : undefined;
  require(tokenizer || !wantsText, CheckpointError, () => ({
    wrong: `There is no tokenizer.json in ${source.place}.`,
    expected: 'the tokenizer that the model was trained with.',
    remedy: 'fetch tokenizer.json too, or load with { tokenizer: false } and pass tokens instead of text.',
  }));
  const { weights, samples } = await uploadWeights(read.weights(), signal);
  if (untrained) weights['fam.prompt'] = untrainedPrompt({ config, weights });
  return loadedModel(
    { config, weights, tokenizer, endTokens: speech.endTokens },
    nameOf(source.place),
    samples,
    untrained,
  );
}

/** A tensor of each weight before the next one is read; none is left behind when one fails. */
async function uploadWeights(read: AsyncIterable<[string, ReadTensor]>, signal: AbortSignal | undefined) {
  const weights: Record<string, tf.Tensor> = {};
  const samples: Record<string, Sample> = {};
  try {
    for await (const [name, { shape, write }] of read) {
      signal?.throwIfAborted();
      weights[name] = filled(shape, (values) => {
        write(values);
        samples[name] = sampleOf({ shape, values });
      });
    }
    signal?.throwIfAborted();
    return { weights, samples };
  } catch (error) {
    tf.dispose(weights);
    throw error;
  }
}
