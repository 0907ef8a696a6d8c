/** Qwen3 (Yang et al., 2025): a Llama whose heads are normed before they turn. */
import { ConfigError } from '@famjs/backends';
import * as z from 'zod';
import { parsed } from '../parsed.ts';
import { architectureOf, type DecoderNumbers, numbersOf, writtenDecoder } from './decoder-config.ts';
import type { Family } from './family.ts';
import { attentionMaps, gatedDecoder } from './gated-decoder.ts';
import { type QwenWindows, qwenFacts, qwenKeys, qwenWindowsOf, writtenQwenWindows } from './qwen2.ts';

/** What a Qwen3 has beside what every model has. */
export interface Qwen3Numbers extends DecoderNumbers, QwenWindows {
  modelType: 'qwen3';
  /** Whether attention's projections have biases. */
  attentionBias?: true;
}

const schema = z.looseObject({
  ...qwenKeys,
  model_type: z.literal('qwen3'),
  attention_bias: z.boolean().nullish(),
});

export const qwen3: Family<Qwen3Numbers> = {
  ...gatedDecoder<Qwen3Numbers>({
    biases: ({ attentionBias }) => (attentionBias ? attentionMaps : []),
    headNorms: true,
    facts: qwenFacts,
  }),
  modelType: 'qwen3',

  read(configJson) {
    const json = parsed(schema, configJson, 'config.json', ConfigError, 'a Qwen3 from Hugging Face.');
    return {
      ...architectureOf(json),
      family: {
        modelType: 'qwen3',
        ...numbersOf(json, { headWidth: 128 }),
        ...qwenWindowsOf(json),
        ...(json.attention_bias && { attentionBias: true }),
      },
    };
  },

  write: (config) => ({
    architectures: ['Qwen3ForCausalLM'],
    model_type: 'qwen3',
    hidden_act: 'silu',
    ...writtenDecoder(config),
    ...writtenQwenWindows(config.family, config),
    attention_bias: config.family.attentionBias ?? false,
  }),
};
