/** A small random model that speaks the PassKey tokenizer. */
import type { FamChoices } from '@famjs/layer';
import { initialWeights, llamaConfig, loadTokenizer, type Model } from '@famjs/zoo';
import { passKeyTokenizerJson } from '../src/index.ts';

export const tokenizer = loadTokenizer(passKeyTokenizerJson());

export function smallModel(fam: Partial<FamChoices>): Model {
  const config = llamaConfig({
    ...{ width: 16, heads: 2, layers: 2, theta: 100, vocabularySize: tokenizer.size, intermediateWidth: 24 },
    fam: { blockSize: 16, famLength: 4, variant: 'fam-norm', ...fam },
  });
  // Residual branches as strong as the stream, so that what is far back makes a difference.
  const spread = { embedding: 1, prompt: 1, residual: 4, head: 1 };
  return { config, weights: initialWeights(config, 1, spread) };
}
