/** What of a text a model sees: as its fam.json says, as the caller of loadModel chooses, or as much as a plain model was trained on. */
import { ConfigError, require } from '@famjs/backends';
import {
  type FamChoices,
  type FamConfig,
  famChoices,
  famConfig,
  famNorms,
  famPositions,
  presets,
} from '@famjs/layer';
import * as z from 'zod';
import { parsed } from './parsed.ts';

/** What `loadModel` is asked to give a model beside its weights. */
export interface FamOptions {
  /**
   * Gives the model a FAM, or other blocks, segments and sinks: each choice stands in place of what fam.json says. A model without
   * fam.json gets blocks of 256 tokens, one memory segment, one sink and the variant `fam-norm` with the norm `initial` unless
   * said; a FAM that nobody trained is `untrained`.
   */
  fam?: (Partial<Omit<FamChoices, 'famLength'>> & { /** F */ length?: number | undefined }) | undefined;
  /**
   * How many tokens of a text stay visible to a model without fam.json, in whole blocks of 256, rounded down: full attention until then, afterwards
   * the newest blocks and the first token. 4,096 or what it was trained on unless given, whichever is less.
   */
  context?: number | undefined;
}

/** Of a model without fam.json. */
const plainBlock = 256;
const mostContext = 4096;

const whole = z.int().min(1);
const natural = z.int().min(0);
const famSchema = z.strictObject({
  block_size: whole,
  memory_segments: natural.optional(),
  fam_length: natural.optional(),
  variant: z.enum(presets).optional(),
  position: z.enum(famPositions).optional(),
  sinks: natural.optional(),
  window: whole.optional(),
  visible: whole.optional(),
  norm: z.enum(famNorms).optional(),
  max_summaries: whole.optional(),
});

const optionsSchema = z.strictObject({
  context: whole.optional(),
  fam: z
    .strictObject({
      ...{ blockSize: whole, memorySegments: natural, length: natural, variant: z.enum(presets) },
      ...{ position: z.enum(famPositions), sinks: natural, window: whole, visible: whole },
      ...{ norm: z.enum(famNorms), maxSummaries: whole },
    })
    .partial()
    .optional(),
});

/** What a model is, as far as its blocks depend on it. */
export interface Trained {
  trainedContext?: number | undefined;
  /** The shortest window of tokens that one of its layers sees; undefined where all see everything. */
  window: number | undefined;
}

/**
 * @param fixed whether the choices of fam.json may not be changed, but for the size of blocks
 * @throws ConfigError when a choice is of the wrong kind, or does not fit the others
 */
export function famOf(trained: Trained, famJson: unknown, options: FamOptions, fixed = false): FamConfig {
  const expected = '{ fam, context } as they are declared.';
  const given = parsed(
    optionsSchema,
    options,
    'The options of loadModel()',
    ConfigError,
    expected,
    'correct the call.',
  );
  const { fam, context } = given as FamOptions;
  const own = famJson === undefined ? undefined : choicesIn(famJson);
  require(context === undefined || !(fam || own), ConfigError, () => ({
    wrong: `context ${context} was given ${fam ? 'beside fam' : 'to a model that has its own fam.json'}.`,
    expected: 'one of them: context is what stays visible to a plain model.',
    remedy: 'leave it out, or choose blockSize and memorySegments of fam.',
  }));
  if (own && fixed) requireSameChoices(famConfig(own), fam ?? {});
  if (own) return famConfig(fam ? changed(own, fam) : own);
  return famConfig(fam ? added(fam) : plain(trained, context));
}

/** The content of fam.json. */
function choicesIn(famJson: unknown): FamChoices {
  const expected = 'what TransformerFAM adds to a model.';
  const fam = parsed(famSchema, famJson, 'fam.json', ConfigError, expected);
  return {
    ...{ blockSize: fam.block_size, famLength: fam.fam_length, variant: fam.variant },
    ...{ position: fam.position, sinks: fam.sinks },
    // A window says how many segments there are, whatever the file says.
    memorySegments: fam.variant === 'swa' ? undefined : fam.memory_segments,
    ...{ window: fam.window, visible: fam.visible, norm: fam.norm, maxSummaries: fam.max_summaries },
  };
}

/**
 * The size of blocks may be another than a memory was trained in: what is learnt in some is of use in others.
 *
 * @throws ConfigError naming every other choice that contradicts those of the memory
 */
function requireSameChoices(
  own: FamConfig,
  { length, blockSize, ...fam }: NonNullable<FamOptions['fam']>,
): void {
  const choices: Readonly<Record<string, unknown>> = { ...famChoices(own) };
  const others = Object.entries(given({ ...fam, famLength: length })).filter(
    ([name, value]) => value !== choices[name],
  );
  require(others.length === 0, ConfigError, () => ({
    wrong: `The memory's own fam.json has ${others.map(([name, value]) => `${name} ${choices[name] ?? 'unset'}, not ${value}`).join(', ')}.`,
    expected: 'the choices with which the memory was trained; only blockSize may be another.',
    remedy: `leave ${others.length > 1 ? 'them' : 'it'} out.`,
  }));
}

/** The model's own choices with others in place of some; what only its variant takes goes with the variant. */
function changed(own: FamChoices, { length, ...choices }: NonNullable<FamOptions['fam']>): FamChoices {
  const { window, visible, norm, maxSummaries, ...common } = own;
  const kept = (choices.variant ?? own.variant) === own.variant ? own : common;
  return { ...kept, ...given({ ...choices, famLength: length }) };
}

/** For a model that has none. */
function added({ length = 0, variant, norm, ...choices }: NonNullable<FamOptions['fam']>): FamChoices {
  const preset = variant ?? (length > 0 ? 'fam-norm' : 'bswa');
  const alone = preset === 'rmt' || preset === 'autocompressor';
  return {
    ...{ blockSize: plainBlock, famLength: length, variant: preset },
    ...{ memorySegments: alone || preset === 'swa' ? undefined : 1, sinks: alone || preset === 'fm' ? 0 : 1 },
    norm: norm ?? (preset === 'fam-norm' ? 'initial' : undefined),
    ...given(choices),
  };
}

const given = <Choices extends object>(choices: Choices) =>
  Object.fromEntries(Object.entries(choices).filter(([, value]) => value !== undefined)) as Choices;

/**
 * The plain model: full attention while the context lasts, a sliding window of blocks and the first token afterwards. Where a layer sees
 * a window of its own, which sinks would widen, there are none.
 */
function plain({ trainedContext, window }: Trained, context: number | undefined): FamChoices {
  const visible = context ?? (trainedContext && Math.min(mostContext, trainedContext));
  require(visible, ConfigError, () => ({
    wrong: 'The model has no fam.json, and its config.json no max_position_embeddings.',
    expected: 'one of them to say how much of a text the model sees.',
    remedy: 'pass { context }, the tokens that are to stay visible.',
  }));
  const blockSize = Math.min(plainBlock, visible);
  const memorySegments = Math.floor(visible / blockSize) - 1;
  const sinks = window !== undefined && window < (memorySegments + 1) * blockSize ? 0 : 1;
  return { blockSize, memorySegments, sinks, variant: 'bswa' };
}
