/** Loading a model, wherever its files lie. */
import { CheckpointError, require } from '@famjs/backends';
import type { FamOptions } from './fam-options.ts';
import { samplesOf } from './fingerprint.ts';
import { readModel } from './formats/model-files.ts';
import { uploadValues } from './formats/tensors.ts';
import type { LanguageModel } from './language-model.ts';
import { loadedModel } from './model-in-use.ts';
import { type ModelPlace, openSource } from './sources/open-source.ts';
import { type LoadOptions, nameOf } from './sources/source.ts';
import type { Tokenizer } from './tokenizers/tokenizer.ts';
import { untrainedPrompt } from './untrained.ts';

/**
 * Loads a model onto the current backend. Its tensors are made last, when everything has been checked.
 *
 * @param from name of a shipped model, a folder (in Node), a URL below which the files lie, or the files themselves
 * @param options `fam` or `context` for what it sees of a text; `tokenizer: false` for a model that has none, or whose text
 *   is not wanted
 * @returns the model, to be disposed of by the caller
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
  const source = await openSource(from, options);
  const { fam, context } = options;
  const read = await readModel(source, { fam, context });
  const { config, values, tokenizer, endTokens, untrained } = read;
  const wantsText = options.tokenizer !== false;
  require(tokenizer || !wantsText, CheckpointError, () => ({
    wrong: `There is no tokenizer.json in ${source.place}.`,
    expected: 'the tokenizer that the model was trained with.',
    remedy: 'fetch tokenizer.json too, or load with { tokenizer: false } and pass tokens instead of text.',
  }));
  options.signal?.throwIfAborted();
  const weights = uploadValues(values);
  if (untrained) weights['fam.prompt'] = untrainedPrompt({ config, weights });
  const model = {
    ...{ config, weights },
    tokenizer: wantsText ? tokenizer : undefined,
    endTokens,
  };
  return loadedModel(model, nameOf(source.place), samplesOf(values), untrained);
}
