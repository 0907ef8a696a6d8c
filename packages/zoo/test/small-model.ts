/** A small model with random weights, and a tokenizer of as many tokens, some of which are parts of characters. */
import type { FamChoices } from '@famjs/layer';
import type { LanguageModel, Model } from '../src/index.ts';
import { initialWeights, languageModel, llamaConfig, loadTokenizer } from '../src/index.ts';

export function smallModel(changes: Partial<FamChoices> = {}): Model {
  const config = llamaConfig({
    ...{ width: 16, heads: 2, keyValueHeads: 1, layers: 2, theta: 1000, intermediateWidth: 20 },
    ...{ vocabularySize: 11, tiedEmbeddings: true },
    fam: { blockSize: 8, memorySegments: 1, famLength: 3, variant: 'fam-norm', ...changes },
  });
  return {
    config,
    weights: initialWeights(config, 0, { embedding: 1.4, prompt: 1.4, residual: 2, head: 1 }),
  };
}

/** Bytes as GPT-2 writes them: é is Ã©, € is âĤ¬, a space Ġ, a line's end Ċ. */
const vocabulary = ['a', 'b', 'Ġ', 'Ċ', 'ab', 'Ġa', 'Ã', '©', 'â', 'Ĥ', '¬'];

export const smallTokenizer = loadTokenizer({
  model: {
    type: 'BPE',
    vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
    merges: ['a b', 'Ġ a'],
  },
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
  decoder: { type: 'ByteLevel' },
});

/** The small model in use; its weights are the caller's. */
export function smallLanguageModel(changes?: Partial<FamChoices>): LanguageModel {
  return languageModel({ ...smallModel(changes), tokenizer: smallTokenizer, name: 'small' });
}

export const someTokens = (count: number, from = 0): number[] =>
  Array.from({ length: count }, (_, i) => ((from + i) * (from + i) + 3) % 11);
