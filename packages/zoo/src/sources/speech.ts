/** What a model's files say of text, for another model that is to speak as it does. */
import { CheckpointError, require } from '@famjs/backends';
import { readModel } from '../formats/read-model.ts';
import type { Tokenizer } from '../tokenizers/tokenizer.ts';
import { withSources } from './open-all.ts';
import type { ModelPlace } from './open-source.ts';
import type { LoadOptions } from './source.ts';

/**
 * A model's tokenizer and the tokens that end what it says. Of a model that is not on this machine its weights are not fetched, and nothing
 * is kept.
 *
 * @param from what `loadModel` takes
 * @throws CheckpointError, TokenError, ConfigError when there is no sound model there, or one without a tokenizer
 */
export async function loadSpeech(
  from: ModelPlace,
  options: Omit<LoadOptions, 'keep'> = {},
): Promise<{ tokenizer: Tokenizer; endTokens: readonly number[] }> {
  return withSources(from, { ...options, keep: false }, async (source) => {
    const { tokenizer, endTokens } = await (await readModel(source, {}, true)).speech();
    require(tokenizer, CheckpointError, () => ({
      wrong: `There is no tokenizer.json in ${source.place}.`,
      expected: 'a model with its tokenizer.',
      remedy: 'name another model.',
    }));
    return { tokenizer, endTokens };
  });
}
