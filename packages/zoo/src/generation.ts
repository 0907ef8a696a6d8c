/** What a model's files say of the end of a text: the tokens at which its generation stops. */
import { ConfigError } from '@famjs/backends';
import * as z from 'zod';
import { parsed } from './parsed.ts';
import type { Tokenizer } from './tokenizers/tokenizer.ts';

const token = z.int().min(0).max(0x7fffffff);
const endSchema = z.looseObject({ eos_token_id: z.union([token, z.array(token).max(1000)]).nullish() });

/** Content of the files that may name end tokens. */
export interface EndSources {
  generationJson?: unknown;
  configJson?: unknown;
  tokenizer?: Tokenizer | undefined;
}

/**
 * The tokens of `eos_token_id` in generation_config.json, else in config.json, else the tokenizer's `eos_token`; none where
 * nothing is said.
 *
 * @throws ConfigError when what a file says is no token
 */
export function endTokensOf({ generationJson, configJson, tokenizer }: EndSources): number[] {
  const files = { 'generation_config.json': generationJson, 'config.json': configJson };
  for (const [name, content] of Object.entries(files)) {
    const { eos_token_id: ends } = parsed(
      endSchema,
      content ?? {},
      name,
      ConfigError,
      'tokens that end a text.',
    );
    if (ends !== undefined && ends !== null) return [...new Set([ends].flat())];
  }
  const { eos } = tokenizer?.specialTokens ?? {};
  const own = eos === undefined ? undefined : tokenizer?.tokenOf(eos);
  return own === undefined ? [] : [own];
}

/** The content of generation_config.json for a model that stops at these tokens. */
export const generationFile = (endTokens: readonly number[]) => ({ eos_token_id: endTokens });
