/** What TransformerFAM adds to a model: blocks, memory segments, FAM, and the check that the numbers fit together. */
import { ConfigError, require } from '@famjs/backends';
import {
  famNorms,
  type Preset,
  presets,
  settingsOf,
  type Variant,
  type VariantSettings,
  variantOf,
  withoutFam,
} from './variant.ts';

/**
 * Where the F activations of FAM stand (Table 7): `last` at the last F positions before the block, `float` evenly
 * between the last position before the block and the first of it, `zero` all at absolute position 0.
 */
export const famPositions = ['last', 'float', 'zero'] as const;
export type FamPosition = (typeof famPositions)[number];

export interface FamConfig {
  /** C: tokens per block. */
  blockSize: number;
  /** m: past blocks whose keys and values stay visible. */
  memorySegments: number;
  /** F: FAM activations per layer, or read, write and summary tokens; 0 leaves block sliding window attention (BSWA). */
  famLength: number;
  position: FamPosition;
  /** The first tokens of a text, which stay visible (StreamingLLM; spec.md, "Variants"). */
  sinks: number;
  variant: Variant;
}

/** What a user chooses; `famConfig` fills in the rest. */
export interface FamChoices extends VariantSettings {
  blockSize: number;
  /** 0 unless given; `swa` has as many as its window spans. */
  memorySegments?: number | undefined;
  famLength?: number | undefined;
  /** `last` unless given. */
  position?: FamPosition | undefined;
  /** 0 unless given. */
  sinks?: number | undefined;
  /** `fam` unless given, which without FAM is `bswa`. */
  variant?: Preset | undefined;
}

/** @throws ConfigError when the choices do not fit together */
export function famConfig(choices: FamChoices): FamConfig {
  const { blockSize, famLength = 0, position = 'last', sinks = 0, variant: preset = 'fam' } = choices;
  requireOneOf('variant', preset, presets);
  requireOneOf('position', position, famPositions);
  requireSettings(preset, choices);
  requireWhole('blockSize', blockSize, 1);
  const memorySegments =
    preset === 'swa' ? Math.ceil((choices.window! - 1) / blockSize) : (choices.memorySegments ?? 0);
  requireWhole('memorySegments', memorySegments, 0);
  requireWhole('famLength', famLength, 0);
  requireWhole('sinks', sinks, 0);
  const variant = variantOf(preset, choices, memorySegments * blockSize);
  const config = { blockSize, memorySegments, famLength, position, sinks, variant };
  requireFit(config);
  return config;
}

/** What the user chose: `famConfig` is the way back. */
export function famChoices({ variant, ...config }: FamConfig): FamChoices {
  const setting = settingsOf[variant.preset];
  return { ...config, variant: variant.preset, ...(setting && { [setting]: variant[setting] }) };
}

/** The numbers one by one are right; here they are held against each other. */
function requireFit({ blockSize, memorySegments, famLength, position, sinks, variant }: FamConfig): void {
  const { preset, carrier } = variant;
  refuse(famLength > blockSize, `famLength ${famLength} is larger than blockSize ${blockSize}.`, {
    expected: 'a FAM that compresses its block: famLength ≤ blockSize.',
    remedy: 'choose a shorter FAM or larger blocks.',
  });
  refuse(sinks > blockSize, `sinks ${sinks} are more than the ${blockSize} tokens of a block.`, {
    expected: 'sinks ≤ blockSize.',
    remedy: 'keep fewer tokens, four do, or choose larger blocks.',
  });
  refuse(
    famLength > 0 && withoutFam.includes(preset),
    `The variant ${preset} got a famLength of ${famLength}.`,
    {
      expected: 'famLength 0, for it has no FAM.',
      remedy: 'set famLength to 0, or choose a variant with FAM such as "fam".',
    },
  );
  refuse(preset === 'txl' && memorySegments === 0, 'The variant txl got no memory segments.', {
    expected: 'at least 1, which its window of memorySegments · blockSize tokens spans.',
    remedy: 'set memorySegments.',
  });
  const sequential = carrier === 'tokens' || carrier === 'summaries';
  refuse(sequential && famLength === 0, `The variant ${preset} got a famLength of 0.`, {
    expected: 'at least 1 token that passes between blocks.',
    remedy: 'set famLength.',
  });
  const extras = { memorySegments, sinks, 'a position': position === 'last' ? 0 : position };
  const extra = Object.entries(extras).find(([, value]) => value);
  refuse(sequential && extra, `The variant ${preset} got ${extra?.join(' ')}.`, {
    expected: 'no memory segments, no sinks and the position "last".',
    remedy: 'leave it out.',
  });
  refuse(carrier === 'outputs' && sinks > 0, `The variant ${preset} got sinks ${sinks}.`, {
    expected: 'no sinks.',
    remedy: 'leave them out.',
  });
}

function requireSettings(preset: Preset, choices: FamChoices): void {
  const own = settingsOf[preset];
  for (const name of ['window', 'visible', 'norm', 'maxSummaries'] as const) {
    if (choices[name] === undefined) continue;
    refuse(name !== own, `The variant ${preset} got ${name} ${choices[name]}.`, {
      expected: own ? `${own} only.` : 'no setting of its own.',
      remedy: `leave ${name} out, or choose the variant that has it.`,
    });
    if (name === 'norm') requireOneOf('norm', choices.norm!, famNorms);
    else requireWhole(name, choices[name] as number, 1);
  }
  refuse(preset === 'swa' && choices.window === undefined, 'The variant swa got no window.', {
    expected: 'window, the tokens that each token sees.',
    remedy: 'set window.',
  });
}

function requireWhole(name: string, value: number, least: number): void {
  refuse(!Number.isSafeInteger(value) || value < least, `${name} is ${value}.`, {
    expected: `a whole number of at least ${least}.`,
    remedy: `correct ${name} in the configuration.`,
  });
}

function requireOneOf(name: string, value: string, known: readonly string[]): void {
  refuse(!known.includes(value), `${name} is "${value}".`, {
    expected: `one of ${known.join(', ')}.`,
    remedy: `correct ${name} in the configuration.`,
  });
}

function refuse(condition: unknown, wrong: string, advice: { expected: string; remedy: string }): void {
  require(!condition, ConfigError, () => ({ wrong, ...advice }));
}

/**
 * How many blocks before its own a token can see through a stack of layers: L · m where keys of tokens are all that
 * passes (spec.md, invariant 3), without end with FAM, sinks, or any other carrier. What lies further back may be left
 * unread.
 */
export function receptiveBlocks(
  { famLength, memorySegments, sinks, variant }: FamConfig,
  layers: number,
): number {
  const endless = famLength > 0 || sinks > 0 || variant.carrier !== 'attention';
  return endless ? Number.POSITIVE_INFINITY : layers * memorySegments;
}
