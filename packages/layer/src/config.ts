/** What fixes the shape and behaviour of TransformerFAM layers, and the check that its numbers fit together. */
import { ConfigError, require } from '@famjs/backends';

/**
 * How FAM is updated: `fam` as the paper does (Algorithm 2), `fam-norm` with the updated FAM divided by its root mean
 * square, which keeps it bounded over any number of blocks and adds no weights.
 */
export const variants = ['fam', 'fam-norm'] as const;
export type Variant = (typeof variants)[number];

/**
 * Where the F activations of FAM stand (Table 7): `last` at the last F positions before the block, `float` evenly
 * between the last position before the block and the first of it, `zero` all at absolute position 0.
 */
export const famPositions = ['last', 'float', 'zero'] as const;
export type FamPosition = (typeof famPositions)[number];

/** The part that TransformerFAM adds to a model. */
export interface FamConfig {
  /** C: tokens per block. */
  blockSize: number;
  /** m: past blocks whose keys and values stay visible. */
  memorySegments: number;
  /** F: FAM activations per layer; 0 leaves block sliding window attention (BSWA). */
  famLength: number;
  variant: Variant;
  position: FamPosition;
}

/** One layer; all layers of a stack share it. */
export interface LayerConfig extends FamConfig {
  /** d */
  width: number;
  /** H: query heads. */
  heads: number;
  /** Hkv: key and value heads, a divisor of H. */
  keyValueHeads: number;
  /** D: width of a head. */
  headWidth: number;
  /** Added to the mean square in RMSNorm. */
  normEpsilon: number;
  /** Base of the rotary frequencies. */
  theta: number;
}

/** @throws ConfigError when the numbers do not fit together */
export function requireLayerConfig(config: LayerConfig): void {
  const { blockSize, memorySegments, famLength, heads, keyValueHeads, headWidth } = config;
  const whole = {
    blockSize,
    memorySegments,
    famLength,
    heads,
    keyValueHeads,
    headWidth,
    width: config.width,
  };
  const least: Record<string, number> = { memorySegments: 0, famLength: 0 };
  for (const [name, value] of Object.entries(whole)) {
    const minimum = least[name] ?? 1;
    require(Number.isSafeInteger(value) && value >= minimum, ConfigError, () => ({
      wrong: `${name} is ${value}.`,
      expected: `a whole number of at least ${minimum}.`,
      remedy: `correct ${name} in the configuration.`,
    }));
  }
  require(famLength <= blockSize, ConfigError, () => ({
    wrong: `famLength ${famLength} is larger than blockSize ${blockSize}.`,
    expected: 'a FAM that compresses its block: famLength ≤ blockSize.',
    remedy: 'choose a shorter FAM or larger blocks.',
  }));
  require(heads % keyValueHeads === 0, ConfigError, () => ({
    wrong: `${heads} query heads cannot share ${keyValueHeads} key/value heads evenly.`,
    expected: 'heads to be a multiple of keyValueHeads.',
    remedy: 'correct num_attention_heads or num_key_value_heads.',
  }));
  require(headWidth % 2 === 0, ConfigError, () => ({
    wrong: `The head width is ${headWidth}.`,
    expected: 'an even number, for rotary positions turn pairs.',
    remedy: 'correct head_dim or the number of heads.',
  }));
  require(config.normEpsilon > 0 && config.theta > 1, ConfigError, () => ({
    wrong: `normEpsilon is ${config.normEpsilon} and theta is ${config.theta}.`,
    expected: 'normEpsilon > 0 and theta > 1.',
    remedy: 'correct rms_norm_eps or rope_theta in the configuration.',
  }));
  require(variants.includes(config.variant) && famPositions.includes(config.position), ConfigError, () => ({
    wrong: `The variant is "${config.variant}" and the FAM position "${config.position}".`,
    expected: `a variant of ${variants.join(', ')} and a position of ${famPositions.join(', ')}.`,
    remedy: 'correct variant or position in fam.json.',
  }));
}

/**
 * How many blocks before its own a token can see through a stack of layers: L · m without FAM (spec.md, invariant 3),
 * without end with FAM.
 */
export function receptiveBlocks({ famLength, memorySegments }: FamConfig, layers: number): number {
  return famLength > 0 ? Number.POSITIVE_INFINITY : layers * memorySegments;
}
