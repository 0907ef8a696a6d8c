/** End tokens come from the file that says most about generating. */
import { ConfigError } from '@famjs/backends';
import { describe, expect, test } from 'vitest';
import { endTokensOf } from './generation.ts';
import { loadTokenizer } from './tokenizers/tokenizer.ts';

const model = { type: 'WordLevel', vocab: { a: 0, '</s>': 1 } };
const tokenizer = loadTokenizer({ model }, { eos_token: '</s>' });
const generationJson = { eos_token_id: [5, 6, 5] };
const configJson = { eos_token_id: 4 };

describe('end tokens', () => {
  test.each([
    [{ generationJson, configJson, tokenizer }, [5, 6]],
    [{ generationJson: { temperature: 1 }, configJson, tokenizer }, [4]],
    [{ generationJson: undefined, configJson: { eos_token_id: null }, tokenizer }, [1]],
    [{ tokenizer: loadTokenizer({ model }, { eos_token: 'b' }) }, []],
    [{ tokenizer: loadTokenizer({ model }) }, []],
    [{}, []],
  ])('are what the first file says that says anything: case %#', (sources, expected) => {
    expect(endTokensOf(sources)).toEqual(expected);
  });

  test.each([{ eos_token_id: 'all' }, { eos_token_id: [-1] }, { eos_token_id: 0.5 }, 'text'])(
    'are refused as %j',
    (generationJson) => {
      expect(() => endTokensOf({ generationJson, configJson })).toThrow(ConfigError);
    },
  );
});
