/** The families that FAM.js knows, by Hugging Face's `model_type`. */
import { ConfigError, require } from '@famjs/backends';
import type { Architecture, Family } from './family.ts';
import { type Gemma3Numbers, gemma3 } from './gemma3_text.ts';
import { gptNeoX, type NeoXNumbers } from './gpt_neox.ts';
import { type LlamaNumbers, llama } from './llama.ts';
import { type MistralNumbers, mistral } from './mistral.ts';
import { type PalmNumbers, palm } from './palm.ts';
import { type Phi3Numbers, phi3 } from './phi3.ts';
import { type Qwen2Numbers, qwen2 } from './qwen2.ts';
import { type Qwen3Numbers, qwen3 } from './qwen3.ts';

/** What a family alone knows of its models. */
export type FamilyNumbers =
  | LlamaNumbers
  | MistralNumbers
  | Qwen2Numbers
  | Qwen3Numbers
  | Gemma3Numbers
  | Phi3Numbers
  | NeoXNumbers
  | PalmNumbers;

const families = {
  llama,
  mistral,
  qwen2,
  qwen3,
  gemma3_text: gemma3,
  phi3,
  gpt_neox: gptNeoX,
  palm,
} satisfies {
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
