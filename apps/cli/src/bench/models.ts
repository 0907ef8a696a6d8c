/** Models of any size with random weights, and a text for them to read. */
import { initialWeights, llamaConfig, type Model, stream } from '@famjs/zoo';

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
export function randomModel({ layers, width, heads, ...fam }: Size): Model {
  const intermediateWidth = 32 * Math.round((width * 8) / 3 / 32);
  const config = llamaConfig({
    ...{ layers, width, heads, intermediateWidth, vocabularySize, tiedEmbeddings: true },
    fam: { ...fam, variant: 'fam-norm' },
  });
  return { config, weights: initialWeights(config, 1, { embedding: 1, prompt: 1, residual: 1, head: 1 }) };
}

/** Tokens that a seed determines. */
export function randomTokens(count: number, seed = 2): Int32Array {
  const random = stream(seed, 'data');
  return Int32Array.from({ length: count }, () => random.below(vocabularySize));
}
