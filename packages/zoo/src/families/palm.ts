/**
 * PaLM (Chowdhery et al., 2022) as TransformerFAM uses it, under a model_type of our own, for transformers has none: our reading where
 * the papers are silent. Multi-query attention, SwiGLU, RMSNorm, no biases, and attention and feed-forward side by side over one norm, or
 * one after the other (Algorithm 2).
 */
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

/** What a PaLM has beside what every model has. */
export interface PalmNumbers extends DecoderNumbers {
  modelType: 'palm';
  /** Whether the feed-forward layer reads what attention reads, rather than what it leaves. */
  parallel: boolean;
}

const schema = z.looseObject({
  ...siluKeys,
  model_type: z.literal('palm'),
  use_parallel_residual: z.boolean().default(true),
});

export const palm: Family<PalmNumbers> = {
  ...gatedDecoder<PalmNumbers>({
    norms: ({ parallel }) => (parallel ? {} : { beforeFeedForward: 'post_attention_layernorm' }),
    facts: wholeHeads,
  }),
  modelType: 'palm',

  read(configJson) {
    const json = parsed(schema, configJson, 'config.json', ConfigError, 'a PaLM.');
    return {
      ...architectureOf(json, { tiedEmbeddings: true }),
      family: { modelType: 'palm', ...numbersOf(json), parallel: json.use_parallel_residual },
    };
  },

  write: (config) => ({
    architectures: ['PalmForCausalLM'],
    model_type: 'palm',
    hidden_act: 'silu',
    ...writtenDecoder(config),
    use_parallel_residual: config.family.parallel,
  }),
};
