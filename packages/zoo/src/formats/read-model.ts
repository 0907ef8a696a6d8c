/** Reading a model, wherever its files lie and whatever their format: all that can be checked is checked before its weights come. */
import { CheckpointError, require } from '@famjs/backends';
import * as z from 'zod';
import { type ModelConfig, parseModelConfig } from '../config.ts';
import type { WeightDtype } from '../dtype.ts';
import type { FamOptions } from '../fam-options.ts';
import type { Base } from '../fingerprint.ts';
import { endTokensOf } from '../generation.ts';
import { parsed } from '../parsed.ts';
import type { ModelSource } from '../sources/source.ts';
import { loadTokenizer, type Tokenizer } from '../tokenizers/tokenizer.ts';
import { hasPrompt, withoutFam } from '../untrained.ts';
import { isRedundantWeight, requireShapes } from '../weights.ts';
import type { AdditionSources, adaptersOn, OpenMemory } from './additions.ts';
import { type Checkpoint, type ReadTensor, readTensor, type StoredTensor } from './checkpoint.ts';
import { requireHoldable } from './held.ts';
import { missing, openCheckpoint, readJson, storedIn } from './open-checkpoint.ts';

/** fam.json as it is saved: what TransformerFAM adds, of a memory its base model, and the digest of every file of the save beside it. */
const famFileSchema = z.looseObject({
  base: z
    .object({
      name: z.string().max(1000),
      fingerprint: z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256'),
      from: z.string().max(1000).optional(),
    })
    .optional(),
  files: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256')).optional(),
});

interface Speech {
  /** Of tokenizer.json and tokenizer_config.json, and chat_template.jinja, which goes before the template there. */
  tokenizer: Tokenizer | undefined;
  endTokens: readonly number[];
}

/** A model whose configuration and headers have been read: its weights are known to fit. */
export interface ReadModel {
  config: ModelConfig;
  /** Whether the caller gave it a FAM for which there are no weights. */
  untrained: boolean;
  /** Whether a fam.json says what it sees. */
  hasFam: boolean;
  /** The memory that was added. */
  memory: OpenMemory | undefined;
  /** The base model's files. */
  checkpoint: Checkpoint;
  /** All weights where they lie, those of the base model first. */
  stored: readonly StoredTensor[];
  /** Reads what is left of files that must be known whole. @throws CheckpointError when one is not that of the save */
  finish(): Promise<void>;
  /**
   * What its files say of text, read when it is asked for.
   *
   * @throws TokenError when the tokenizer does not load
   * @throws CheckpointError, ConfigError when a file is damaged, of another save, or names what is no token
   */
  speech(): Promise<Speech>;
  /**
   * Every weight, those of the base model first, read and checked when it is its turn.
   *
   * @throws CheckpointError in the end too: only then it is known that files are those that were saved with fam.json
   * @throws NonFiniteError when a weight holds NaN or infinity
   */
  weights(): AsyncGenerator<[string, ReadTensor]>;
}

/**
 * Reads config.json, where it exists fam.json, and what the headers say of model.safetensors, or of the shards that model.safetensors.index.json names,
 * and of fam.safetensors; or the same out of a GGUF file. Without fam.json it is a plain model. Where fam.json lists the files
 * that were saved with it, they and no others are the model.
 *
 * With a memory its fam.json, fam.safetensors and adapter count in place of the model's own.
 *
 * @param wantsText whether a GGUF file must have a vocabulary that FAM.js can make a tokenizer of
 * @throws CheckpointError when a file is missing, damaged or of another save, or when weights are missing, unexpected or misshaped
 * @throws ConfigError when the configuration does not fit together
 */
export async function readModel(
  from: ModelSource,
  { dtype, ...options }: FamOptions & { dtype?: WeightDtype | undefined },
  wantsText: boolean,
  additions: AdditionSources = { adapters: [] },
): Promise<ReadModel> {
  const memory = additions.memory && (await openMemory(additions.memory));
  const { fam, base, files } = await readFam(from);
  require(!base, CheckpointError, () => ({
    wrong: `${from.place} is a memory of "${base!.name}", and was to be loaded as a model.`,
    expected: 'a model, to which the memory is added.',
    remedy: `load ${base!.name} with { memory: ${JSON.stringify(from.place)} }; on the command line that is --memory.`,
  }));
  const source = files ? await ofOneSave(from, files) : from;
  const checkpoint = await openCheckpoint(source, wantsText);
  const configJson = await checkpoint.json('config.json');
  require(configJson !== undefined, CheckpointError, () => missing(source, 'config.json'));
  const plain = parseModelConfig(configJson, memory ? memory.fam : fam, options, memory !== undefined);
  const speech = async () => {
    const tokenizer = await readTokenizer(checkpoint);
    const generationJson = await checkpoint.json('generation_config.json');
    return { tokenizer, endTokens: endTokensOf({ generationJson, configJson, tokenizer }) };
  };
  const { source: famSource } = memory ?? { source };
  const famFile = plain.fam.famLength > 0 ? await famSource.open('fam.safetensors') : undefined;
  const famTensors = famFile ? await storedIn([['fam.safetensors', famFile]], famSource.place) : [];
  const { config, tensors } = await withAdapters(plain, memory, additions.adapters);
  const stored = [...(await checkpoint.tensors()), ...famTensors, ...tensors];
  const untrained =
    !memory &&
    options.fam !== undefined &&
    hasPrompt(config) &&
    !stored.some(({ name }) => name === 'fam.prompt');
  const used = usedTensors(stored, untrained ? withoutFam(config) : config);
  requireHoldable(used, dtype);
  const sources = [source, ...(memory ? [memory.source] : []), ...additions.adapters];
  const finish = async () => {
    for (const source of sources) await source.finish?.();
  };
  return {
    ...{ config, untrained, speech, memory, checkpoint, stored: used, finish },
    hasFam: (memory ?? { fam }).fam !== undefined,
    weights: () => weightsOf(used, finish),
  };
}

/**
 * The content of fam.json, apart from it what it says of a base model and its list of files.
 *
 * @throws CheckpointError when it is none
 */
export async function readFam(source: ModelSource): Promise<{
  fam: unknown;
  base?: Base | undefined;
  files?: Readonly<Record<string, string>> | undefined;
}> {
  const content = await readJson(source, 'fam.json');
  if (typeof content !== 'object' || content === null) return { fam: content };
  const expected = 'what TransformerFAM adds to a model, and digests of its files.';
  const { base, files, ...fam } = parsed(famFileSchema, content, 'fam.json', CheckpointError, expected);
  return { fam, base, files };
}

/** @throws ConfigError when it is none */
async function openMemory(from: ModelSource): Promise<OpenMemory> {
  const { fam, base, files } = await readFam(from);
  const { requireMemory } = await import('./additions.ts');
  return {
    place: from.place,
    fam,
    base: requireMemory(from.place, fam, base),
    source: files ? await ofOneSave(from, files) : from,
  };
}

/** Pages download what reads adapters when there are some. */
async function withAdapters(
  config: ModelConfig,
  memory: OpenMemory | undefined,
  adapters: readonly ModelSource[],
): ReturnType<typeof adaptersOn> {
  if (!memory && adapters.length === 0) return { config, tensors: [] };
  const additions = await import('./additions.ts');
  return additions.adaptersOn(config, memory, adapters);
}

async function readTokenizer(checkpoint: Checkpoint): Promise<Tokenizer | undefined> {
  const definition = await checkpoint.json('tokenizer.json');
  if (definition === undefined) return undefined;
  const config = await checkpoint.json('tokenizer_config.json');
  const template = await checkpoint.chatTemplate();
  if (template === undefined) return loadTokenizer(definition, config);
  return loadTokenizer(definition, { ...(config as object), chat_template: template });
}

/** Pages download what takes digests of parts when a model lists them. */
async function ofOneSave(from: ModelSource, files: Readonly<Record<string, string>>): Promise<ModelSource> {
  const oneSave = await import('../sources/one-save.ts');
  return oneSave.ofOneSave(from, files);
}

/** The tensors that are weights of the model; each is there once, and of the shape that it must have. */
function usedTensors(stored: readonly StoredTensor[], config: ModelConfig): StoredTensor[] {
  const used = new Map<string, StoredTensor>();
  for (const tensor of stored.filter(({ name }) => !isRedundantWeight(name, config))) {
    const before = used.get(tensor.name);
    require(!before, CheckpointError, () => ({
      wrong: `"${tensor.name}" is in ${tensor.file} and in ${before!.file}.`,
      expected: 'every weight in one file only.',
      remedy: 'fetch the files of the model again.',
    }));
    used.set(tensor.name, tensor);
  }
  requireShapes(Object.fromEntries(used), config);
  return [...used.values()];
}

async function* weightsOf(
  tensors: readonly StoredTensor[],
  finish: () => Promise<void>,
): AsyncGenerator<[string, ReadTensor]> {
  for (const tensor of tensors) {
    yield [tensor.name, await readTensor(tensor)];
  }
  await finish();
}
