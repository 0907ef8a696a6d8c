/** Models of any size with random weights, and a text for them to read. */
import { initialWeights, type Model, type ModelConfig, stream } from '@famjs/zoo';

export interface Size {
  blockSize: number;
  memorySegments: number;
  famLength: number;
  width: number;
  heads: number;
  layers: number;
}

const vocabularySize = 256;

/** A model whose weights are the caller's to free. */
export function randomModel({ layers, ...size }: Size): Model {
  const config: ModelConfig = {
    layer: {
      ...size,
      variant: 'fam-norm',
      position: 'last',
      keyValueHeads: size.heads,
      headWidth: size.width / size.heads,
      normEpsilon: 1e-6,
      theta: 10_000,
    },
    layers,
    vocabularySize,
    intermediateWidth: 32 * Math.round((size.width * 8) / 3 / 32),
    tiedEmbeddings: true,
  };
  return { config, weights: initialWeights(config, 1, { embedding: 1, prompt: 1, residual: 1, head: 1 }) };
}

/** Tokens that a seed determines. */
export function randomTokens(count: number, seed = 2): Int32Array {
  const random = stream(seed, 'data');
  return Int32Array.from({ length: count }, () => random.below(vocabularySize));
}
