/** The models of the paper by their numbers: Flan-PaLM of 1, 8 and 24 billion weights, which nobody published. */
import { famConfig } from '@famjs/layer';
import { configFiles, type ModelConfig, parseModelConfig } from './config.ts';
import type { FamOptions } from './fam-options.ts';

export const presetNames = ['flan-palm-1b', 'flan-palm-8b', 'flan-palm-24b'] as const;
export type PresetName = (typeof presetNames)[number];

/** Layers, width, the feed-forward layers' multiple of it, heads, and heads of keys and values. */
const sizes: Record<PresetName, readonly [L: number, d: number, multiple: number, H: number, Hkv: number]> = {
  'flan-palm-1b': [18, 1536, 8, 12, 12],
  'flan-palm-8b': [32, 4096, 4, 32, 32],
  'flan-palm-24b': [56, 4096, 8, 32, 1],
};

/**
 * A model of the paper by its hyperparameters, with its blocks of 1,024 tokens, 3 memory segments and FAM of 64. Our reading
 * where it is silent: attention and feed-forward side by side as in PaLM, SwiGLU, RMSNorm, no biases, a tied embedding of 256,000
 * tokens, heads of width d / H.
 *
 * @throws ConfigError when the options do not fit together
 */
export function presetConfig(name: PresetName, options: FamOptions = {}): ModelConfig {
  const { config, fam } = configFiles(numbersOf(name));
  return parseModelConfig(config, fam, options);
}

export const isPreset = (name: string): name is PresetName =>
  (presetNames as readonly string[]).includes(name);

function numbersOf(name: PresetName): ModelConfig {
  const [layers, width, multiple, heads, keyValueHeads] = sizes[name];
  return {
    ...{ layers, width, vocabularySize: 256_000, tiedEmbeddings: true, normEpsilon: 1e-6 },
    family: {
      modelType: 'palm',
      ...{ heads, keyValueHeads, headWidth: width / heads, intermediateWidth: multiple * width },
      ...{ theta: 10_000, parallel: true },
    },
    fam: famConfig({ blockSize: 1024, memorySegments: 3, famLength: 64 }),
  };
}
