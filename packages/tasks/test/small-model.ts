/** Small models for the PassKey test: a random one that speaks its tokenizer, and one that says what it is told to. */
import type { FamChoices } from '@famjs/layer';
import { initialWeights, llamaConfig, loadTokenizer, type Model, type Tokenizer } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import { passKeyTokenizerJson } from '../src/index.ts';
import { passKeyWords } from '../src/passkey/text.ts';

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

/** A tokenizer that has the test's words, spaces, and of numbers what `digits` matches, among which is all of `key`. */
export function spellingTokenizer(digits: string, key: string): Tokenizer {
  const pattern = `[A-Za-z]+|${digits}| |[^0-9A-Za-z ]`;
  const words = `${passKeyWords}${key} 90817 01234 56789 0 1 2 3 4 5 6 7 8 9`.match(
    new RegExp(pattern, 'g'),
  )!;
  return loadTokenizer({
    version: '1.0',
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'Split', pattern: { Regex: pattern }, behavior: 'Removed', invert: true },
    post_processor: null,
    decoder: { type: 'Fuse' },
    model: {
      type: 'WordLevel',
      vocab: Object.fromEntries([...new Set(words)].map((token, id) => [token, id])),
    },
  });
}

/** A model of one layer that does nothing, whose head lets each token of the chain follow the one before it. */
export function chainModel(chain: readonly number[], vocabularySize: number): Model {
  const width = 4 * Math.ceil(vocabularySize / 4);
  const config = llamaConfig({
    ...{ width, heads: 2, layers: 1, vocabularySize, intermediateWidth: 4 },
    fam: { blockSize: 16, famLength: 0 },
  });
  const head = tf.buffer([vocabularySize, width]);
  chain.slice(1).forEach((token, i) => {
    head.set(1, token, chain[i]!);
  });
  const still = initialWeights(config, 0, { embedding: 1, prompt: 1, residual: 0, head: 1 });
  const { 'model.embed_tokens.weight': embedding, 'lm_head.weight': random, ...weights } = still;
  tf.dispose([embedding!, random!]);
  return {
    config,
    weights: {
      ...weights,
      'model.embed_tokens.weight': tf.slice(tf.eye(width), 0, vocabularySize),
      'lm_head.weight': head.toTensor(),
    },
  };
}
