/** A small random model that speaks the PassKey tokenizer. */
import type { FamConfig } from '@famjs/layer';
import { initialWeights, loadTokenizer, type Model } from '@famjs/zoo';
import { passKeyTokenizerJson } from '../src/index.ts';

export const tokenizer = loadTokenizer(passKeyTokenizerJson());

export function smallModel(fam: Partial<FamConfig>): Model {
  const config = {
    layer: {
      blockSize: 16,
      memorySegments: 0,
      famLength: 4,
      variant: 'fam-norm' as const,
      position: 'last' as const,
      width: 16,
      heads: 2,
      keyValueHeads: 2,
      headWidth: 8,
      normEpsilon: 1e-6,
      theta: 100,
      ...fam,
    },
    layers: 2,
    vocabularySize: tokenizer.size,
    intermediateWidth: 24,
    tiedEmbeddings: false,
  };
  // Residual branches as strong as the stream, so that what is far back makes a difference.
  const spread = { embedding: 1, prompt: 1, residual: 4, head: 1 };
  return { config, weights: initialWeights(config, 1, spread) };
}
