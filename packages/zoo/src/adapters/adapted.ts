/** Adapters put on a model that is in memory, to be trained. */
import { ConfigError, require } from '@famjs/backends';
import type { ModelConfig } from '../config.ts';
import { familyOf } from '../families/families.ts';
import { linearMaps } from '../weights.ts';
import { mapOf } from './lora.ts';
import type { LoraChoices } from './targets.ts';

/**
 * The configuration with an adapter on it; `initialAdapter` has the weights with which it begins, to be put beside those of the model.
 *
 * @param name of the adapter: letters, digits, `_` and `-`; `memory` for the one that goes with a FAM into its folder
 * @throws ConfigError when no linear map of the model is a target, a pattern is none, or the name is not to be had
 */
export async function adaptedConfig(
  config: ModelConfig,
  name: string,
  choices: LoraChoices,
): Promise<ModelConfig> {
  require(/^[\w-]+$/.test(name) && !Object.hasOwn(config.adapters ?? {}, name), ConfigError, () => ({
    wrong: `An adapter was to be called ${JSON.stringify(name)}.`,
    expected: 'letters, digits, _ and -, and a name that no other adapter of the model has.',
    remedy: 'choose another name.',
  }));
  const head = mapOf(familyOf(config).names.head);
  const { loraOn } = await import('./targets.ts');
  const lora = await loraOn(Object.keys(linearMaps(config)), head, choices, `the adapter "${name}"`);
  return { ...config, adapters: { ...config.adapters, [name]: lora } };
}
