/** A small model with random weights. */
import type { FamConfig } from '@famjs/layer';
import type { Model, ModelConfig } from '../src/index.ts';
import { initialWeights } from '../src/index.ts';

export function smallModel(changes: Partial<FamConfig> = {}): Model {
  const config: ModelConfig = {
    layer: {
      blockSize: 8,
      memorySegments: 1,
      famLength: 3,
      variant: 'fam-norm',
      position: 'last',
      width: 16,
      heads: 2,
      keyValueHeads: 1,
      headWidth: 8,
      normEpsilon: 1e-6,
      theta: 1000,
      ...changes,
    },
    layers: 2,
    vocabularySize: 11,
    intermediateWidth: 20,
    tiedEmbeddings: true,
  };
  return {
    config,
    weights: initialWeights(config, 0, { embedding: 1.4, prompt: 1.4, residual: 2, head: 1 }),
  };
}

export const someTokens = (count: number, from = 0): number[] =>
  Array.from({ length: count }, (_, i) => ((from + i) * (from + i) + 3) % 11);
