/** What a model looks like, and how it is written: Hugging Face's config.json, and fam.json for what TransformerFAM adds. */
import { type FamChoices, type FamConfig, famChoices, famConfig } from '@famjs/layer';
import { type FamOptions, famOf } from './fam-options.ts';
import { requireHeads } from './families/decoder-config.ts';
import { type FamilyNumbers, familyOf, readArchitecture } from './families/families.ts';
import type { Architecture } from './families/family.ts';
import type { LlamaNumbers } from './families/llama.ts';

export interface ModelConfig extends Architecture {
  family: FamilyNumbers;
  fam: FamConfig;
}

/**
 * Reads the two files' content. Without fam.json the model is the plain one: full attention over `context` tokens, then a
 * sliding window of blocks.
 *
 * @param fixed whether the options may only repeat what fam.json says
 * @throws ConfigError when a value is missing, of the wrong kind, unsupported, or does not fit the others
 */
export function parseModelConfig(
  configJson: unknown,
  famJson?: unknown,
  options: FamOptions = {},
  fixed = false,
): ModelConfig {
  const architecture = readArchitecture(configJson);
  const trained = { trainedContext: architecture.trainedContext, window: shortestWindow(architecture) };
  return { ...architecture, fam: famOf(trained, famJson, options, fixed) };
}

/** Of the layers that see a window of tokens. */
function shortestWindow(architecture: ReturnType<typeof readArchitecture>): number | undefined {
  const windows = Array.from(
    { length: architecture.layers },
    (_, index) => familyOf(architecture).block({}, index, architecture).attention.window,
  );
  const given = windows.filter((window) => window !== undefined);
  return given.length > 0 ? Math.min(...given) : undefined;
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
  extends Pick<LlamaNumbers, 'heads' | 'intermediateWidth'>,
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
