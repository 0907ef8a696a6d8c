/** The families that FAM.js knows, by Hugging Face's `model_type`. */
import { ConfigError, require } from '@famjs/backends';
import type { Architecture, Family } from './family.ts';
import { gptNeoX, type NeoXNumbers } from './gpt_neox.ts';
import { type LlamaNumbers, llama } from './llama.ts';

/** What a family alone knows of its models. */
export type FamilyNumbers = LlamaNumbers | NeoXNumbers;

const families = { llama, gpt_neox: gptNeoX } satisfies {
  [Type in FamilyNumbers['modelType']]: Family<Extract<FamilyNumbers, { modelType: Type }>>;
};

export const familyOf = ({ family }: { family: FamilyNumbers }): Family<FamilyNumbers> =>
  families[family.modelType];

/**
 * Reads the content of config.json.
 *
 * @throws ConfigError when the family is not supported, or refuses what it reads
 */
export function readArchitecture(configJson: unknown): Architecture & { family: FamilyNumbers } {
  const type = (configJson as { model_type?: unknown } | null)?.model_type;
  const known = typeof type === 'string' && Object.hasOwn(families, type);
  require(known, ConfigError, () => ({
    wrong: `config.json has the model_type ${JSON.stringify(type)}.`,
    expected: `one of ${Object.keys(families).join(', ')}.`,
    remedy: 'use a model of a family that FAM.js supports.',
  }));
  return families[type as FamilyNumbers['modelType']].read(configJson);
}
