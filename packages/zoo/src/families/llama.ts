/** Llama (Touvron et al., 2023; Llama 3, SmolLM): the gated decoder as it is, with biases where config.json says so. */
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
import { attentionMaps, feedForwardMaps, gatedDecoder, wholeHeads } from './gated-decoder.ts';

/** What a Llama has beside what every model has. */
export interface LlamaNumbers extends DecoderNumbers {
  modelType: 'llama';
  /** Whether attention's projections have biases. */
  attentionBias?: true;
  /** Whether the maps of the feed-forward layers have biases. */
  feedForwardBias?: true;
}

const schema = z.looseObject({
  ...siluKeys,
  model_type: z.literal('llama'),
  attention_bias: z.boolean().nullish(),
  mlp_bias: z.boolean().nullish(),
});

export const llama: Family<LlamaNumbers> = {
  ...gatedDecoder<LlamaNumbers>({
    biases: ({ attentionBias, feedForwardBias }) => [
      ...(attentionBias ? attentionMaps : []),
      ...(feedForwardBias ? feedForwardMaps : []),
    ],
    facts: wholeHeads,
  }),
  modelType: 'llama',

  read(configJson) {
    const json = parsed(schema, configJson, 'config.json', ConfigError, 'a Llama from Hugging Face.');
    return {
      ...architectureOf(json),
      family: {
        modelType: 'llama',
        ...numbersOf(json),
        ...(json.attention_bias && { attentionBias: true }),
        ...(json.mlp_bias && { feedForwardBias: true }),
      },
    };
  },

  write: (config) => ({
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_act: 'silu',
    ...writtenDecoder(config),
    attention_bias: config.family.attentionBias ?? false,
    mlp_bias: config.family.feedForwardBias ?? false,
  }),
};
