/** A model that is trained from scratch: a small Llama of random weights, with the tokenizer of another. */
import {
  configFiles,
  type FamOptions,
  initialWeights,
  type LanguageModel,
  languageModel,
  llamaConfig,
  parseModelConfig,
  type Tokenizer,
} from '@famjs/zoo';
import type { RunFile, ScratchModel } from './run-file.ts';

/**
 * The model of a run whose file says its numbers, on the current backend, its weights drawn by the run's seed. They become the
 * run's with `prepareRun`.
 *
 * @throws BackendUnavailableError before `setBackend()`
 * @throws ConfigError when the numbers do not fit together
 */
export function initialModel(
  { model, fam, seed }: Pick<RunFile, 'fam' | 'seed'> & { model: ScratchModel },
  { tokenizer, endTokens }: { tokenizer: Tokenizer; endTokens: readonly number[] },
): LanguageModel {
  const { tokenizer: name, layers, width, heads, theta, tiedEmbeddings } = model;
  const { keyValueHeads = heads, intermediateWidth = 8 * Math.ceil(width / 3) } = model;
  const llama = llamaConfig({
    ...{ layers, width, heads, keyValueHeads, intermediateWidth, theta, tiedEmbeddings },
    ...{ vocabularySize: tokenizer.size, fam: { blockSize: 1 } },
  });
  const options = { fam: fam ?? {} } as FamOptions;
  const config = parseModelConfig(configFiles(llama).config, undefined, options);
  const weights = initialWeights(config, seed);
  return languageModel({
    config,
    weights,
    tokenizer,
    endTokens,
    name: `a model with the tokenizer of ${name}`,
  });
}
