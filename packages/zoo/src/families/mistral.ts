/** Mistral (Jiang et al., 2023): a Llama whose tokens see a sliding window. */
import { ConfigError } from '@famjs/backends';
import * as z from 'zod';
import { parsed } from '../parsed.ts';
import {
  architectureOf,
  type DecoderNumbers,
  numbersOf,
  siluKeys,
  writtenDecoder,
} from './decoder-config.ts';
import type { Family } from './family.ts';
import { gatedDecoder, wholeHeads } from './gated-decoder.ts';

/** What a Mistral has beside what every model has. */
export interface MistralNumbers extends DecoderNumbers {
  modelType: 'mistral';
  /** Tokens that a token sees, itself included; undefined where it sees all. */
  window?: number;
}

const schema = z.looseObject({
  ...siluKeys,
  model_type: z.literal('mistral'),
  sliding_window: z.int().min(1).nullable().default(4096),
});

export const mistral: Family<MistralNumbers> = {
  ...gatedDecoder<MistralNumbers>({ facts: (own) => ({ ...wholeHeads(own), window: own.window }) }),
  modelType: 'mistral',

  read(configJson) {
    const json = parsed(schema, configJson, 'config.json', ConfigError, 'a Mistral from Hugging Face.');
    const { sliding_window: window } = json;
    return {
      ...architectureOf(json),
      family: { modelType: 'mistral', ...numbersOf(json), ...(window && { window }) },
    };
  },

  write: (config) => ({
    architectures: ['MistralForCausalLM'],
    model_type: 'mistral',
    hidden_act: 'silu',
    ...writtenDecoder(config),
    sliding_window: config.family.window ?? null,
  }),
};
