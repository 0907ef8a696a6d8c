/** What a model looks like, and how it is written: Hugging Face's config.json, and fam.json for what TransformerFAM adds. */
import { ConfigError } from '@famjs/backends';
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
import { type FamilyNumbers, familyOf, readArchitecture } from './families/families.ts';
import type { Architecture } from './families/family.ts';
import { type LlamaNumbers, requireHeads } from './families/llama.ts';
import { parsed } from './parsed.ts';

export interface ModelConfig extends Architecture {
  family: FamilyNumbers;
  fam: FamConfig;
}

const whole = z.int().min(1);
const famSchema = z.strictObject({
  block_size: whole,
  memory_segments: z.int().min(0).optional(),
  fam_length: z.int().min(0).optional(),
  variant: z.enum(presets).optional(),
  position: z.enum(famPositions).optional(),
  sinks: z.int().min(0).optional(),
  window: whole.optional(),
  visible: whole.optional(),
  norm: z.enum(famNorms).optional(),
  max_summaries: whole.optional(),
});

/**
 * Reads the two files' content. Without fam.json the model is the plain one: a single block as long as the texts that
 * the model was trained on, no memory segments and no FAM.
 *
 * @throws ConfigError when a value is missing, of the wrong kind, unsupported, or does not fit the others
 */
export function parseModelConfig(configJson: unknown, famJson?: unknown): ModelConfig {
  const architecture = readArchitecture(configJson);
  const plain = { block_size: architecture.trainedContext };
  const expected = 'what TransformerFAM adds to a model.';
  const fam = parsed(famSchema, famJson ?? plain, 'fam.json', ConfigError, expected);
  return {
    ...architecture,
    fam: famConfig({
      ...{ blockSize: fam.block_size, famLength: fam.fam_length, variant: fam.variant },
      ...{ position: fam.position, sinks: fam.sinks },
      // A window says how many segments there are, whatever the file says.
      memorySegments: fam.variant === 'swa' ? undefined : fam.memory_segments,
      ...{ window: fam.window, visible: fam.visible, norm: fam.norm, maxSummaries: fam.max_summaries },
    }),
  };
}

/** The content of config.json and fam.json; `parseModelConfig` is the way back. */
export function configFiles(config: ModelConfig): { config: object; fam: object } {
  const { window, visible, norm, maxSummaries, ...choices } = famChoices(config.fam);
  return {
    config: familyOf(config).write(config),
    fam: {
      ...{ block_size: choices.blockSize, memory_segments: choices.memorySegments },
      ...{ fam_length: choices.famLength, variant: choices.variant, position: choices.position },
      ...(choices.sinks && { sinks: choices.sinks }),
      ...{ window, visible, norm, max_summaries: maxSummaries },
    },
  };
}

/** The numbers of a small Llama, with what TransformerFAM adds. */
export interface LlamaChoices
  extends Omit<LlamaNumbers, 'modelType' | 'keyValueHeads' | 'headWidth' | 'theta'>,
    Omit<Architecture, 'tiedEmbeddings' | 'normEpsilon'> {
  /** As many as heads unless given. */
  keyValueHeads?: number;
  /** width / heads unless given. */
  headWidth?: number;
  /** 10,000 unless given. */
  theta?: number;
  /** False unless given. */
  tiedEmbeddings?: boolean;
  /** 1e-6 unless given. */
  normEpsilon?: number;
  /** The visible blocks unless given. */
  trainedContext?: number;
  fam: FamChoices;
}

/**
 * The configuration of a Llama by its numbers.
 *
 * @throws ConfigError when they do not fit together
 */
export function llamaConfig(choices: LlamaChoices): ModelConfig {
  const { heads, intermediateWidth, fam, ...architecture } = choices;
  const { keyValueHeads = heads, headWidth = choices.width / heads, theta = 10_000, ...rest } = architecture;
  const family: LlamaNumbers = {
    modelType: 'llama',
    heads,
    keyValueHeads,
    headWidth,
    intermediateWidth,
    theta,
  };
  requireHeads(family);
  const added = famConfig(fam);
  const trainedContext = (added.memorySegments + 1) * added.blockSize;
  return { tiedEmbeddings: false, normEpsilon: 1e-6, trainedContext, ...rest, family, fam: added };
}
