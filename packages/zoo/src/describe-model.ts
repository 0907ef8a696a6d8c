/** What a model is, wherever its files lie: all that is checked before its weights are read. */
import type { ModelConfig } from './config.ts';
import type { WeightDtype } from './dtype.ts';
import { holdableDtypes } from './formats/held.ts';
import { readModel } from './formats/read-model.ts';
import type { ModelOptions } from './model-options.ts';
import { withSources } from './sources/open-all.ts';
import type { ModelPlace } from './sources/open-source.ts';

export interface ModelDescription {
  config: ModelConfig;
  /** Whether the options give it a FAM that nobody trained. */
  untrained: boolean;
  /** The dtypes that `loadModel` can hold it in; `undefined` among them for the blocks of its files, where these have some. */
  dtypes: readonly (WeightDtype | undefined)[];
}

/**
 * Reads config.json, fam.json and what files say of their tensors, which must fit. No backend needs to be there. Of a model that is not on
 * this machine no more comes than these, and nothing of it is kept.
 *
 * @param from what `loadModel` takes
 * @throws CheckpointError when there is no model, or a file is missing, damaged or of another save
 * @throws ConfigError when its files or the options do not make a sound model
 */
export async function describeModel(
  from: ModelPlace,
  options: Omit<ModelOptions, 'keep'> = {},
): Promise<ModelDescription> {
  const { fam, context } = options;
  return withSources(from, { ...options, keep: false }, async (source, additions) => {
    const { config, untrained, stored } = await readModel(source, { fam, context }, false, additions);
    return { config, untrained, dtypes: holdableDtypes(stored) };
  });
}
