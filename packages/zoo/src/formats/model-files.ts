/** A model as the named files of a Hugging Face folder, wherever they lie: on a disk, behind a URL, in memory. */
import { CheckpointError, require } from '@famjs/backends';
import * as z from 'zod';
import { configFiles, type ModelConfig, parseModelConfig } from '../config.ts';
import { sha256 } from '../digest.ts';
import type { FamOptions } from '../fam-options.ts';
import { endTokensOf, generationFile } from '../generation.ts';
import type { Model } from '../model.ts';
import { parsed } from '../parsed.ts';
import type { ModelSource } from '../sources/source.ts';
import { loadTokenizer, type Tokenizer } from '../tokenizers/tokenizer.ts';
import { hasPrompt, withoutFam } from '../untrained.ts';
import { isRedundantWeight, requireWeights } from '../weights.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';
import { downloadValues } from './tensors.ts';
import { decodeTensors, encodeValues, type NamedValues, type Values } from './values.ts';

/** A model and, where its files hold one, the tokenizer it was trained with. */
export interface StoredModel extends Model {
  tokenizer?: Tokenizer | undefined;
  /** Tokens at which generation stops; without them those of the tokenizer. */
  endTokens?: readonly number[];
}

/** What a folder may hold beside config.json, fam.json and the weights. */
export const optionalFiles = [
  'fam.safetensors',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
] as const;

/** fam.json as it is saved: what TransformerFAM adds, and the digest of every file of the save beside it. */
const famFileSchema = z.looseObject({
  files: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256')).optional(),
});

const indexSchema = z.looseObject({
  weight_map: z.record(
    z.string(),
    z.string().regex(/^[\w.-]+\.safetensors$/, 'is no name of a file beside it'),
  ),
});

/** A model as its files hold it: numbers in memory, of which no tensor was made yet. */
export interface ReadModel {
  config: ModelConfig;
  values: NamedValues;
  /** Content of tokenizer.json and tokenizer_config.json, and chat_template.jinja, which goes before the template there. */
  tokenizer: Tokenizer | undefined;
  endTokens: readonly number[];
  /** Whether the caller gave it a FAM for which there are no weights. */
  untrained: boolean;
}

/**
 * Reads config.json, the weights of model.safetensors or of the shards that model.safetensors.index.json names, and
 * where they exist fam.json, fam.safetensors, generation_config.json, tokenizer.json, tokenizer_config.json and
 * chat_template.jinja. Without fam.json it is a plain model. Where fam.json lists the files that were saved with it, they and no others are the model.
 *
 * @throws CheckpointError when a file is missing, damaged or of another save, or when weights are missing, unexpected or misshaped
 * @throws NonFiniteError when a weight holds NaN or infinity
 * @throws ConfigError when the configuration does not fit together
 * @throws TokenError when the tokenizer does not load
 */
export async function readModel(from: ModelSource, options: FamOptions): Promise<ReadModel> {
  const { fam, files } = await readFam(from);
  const source = files ? ofOneSave(from, files) : from;
  const configJson = await readJson(source, 'config.json');
  require(configJson !== undefined, CheckpointError, () => missing(source, 'config.json'));
  const config = parseModelConfig(configJson, fam, options);
  const tokenizer = await readTokenizer(source);
  const generationJson = await readJson(source, 'generation_config.json');
  const endTokens = endTokensOf({ generationJson, configJson, tokenizer });
  const values = await readValues(source, config);
  const untrained = options.fam !== undefined && hasPrompt(config) && !Object.hasOwn(values, 'fam.prompt');
  requireWeights(values, untrained ? withoutFam(config) : config);
  return { config, values, tokenizer, endTokens, untrained };
}

/**
 * The files of a model: those that `readModel` reads, of which model.safetensors alone is a plain Llama.
 *
 * @throws CheckpointError when weights are missing, unexpected or misshaped
 * @throws NonFiniteError when a weight holds NaN or infinity
 */
export async function modelFiles(model: StoredModel): Promise<Record<string, Uint8Array>> {
  const values = await downloadValues(model.weights);
  requireWeights(values, model.config);
  const { config, fam } = configFiles(model.config);
  const { tokenizer, config: tokenizerConfig } = model.tokenizer?.files ?? {};
  const { endTokens = [] } = model;
  const entries = Object.entries(values);
  const isFam = ([name]: [string, Values]) => name.startsWith('fam.');
  const files = {
    'config.json': jsonBytes(config),
    'model.safetensors': weightBytes(entries.filter((entry) => !isFam(entry))),
    ...(entries.some(isFam) && { 'fam.safetensors': weightBytes(entries.filter(isFam)) }),
    ...(endTokens.length > 0 && { 'generation_config.json': jsonBytes(generationFile(endTokens)) }),
    ...(tokenizer && { 'tokenizer.json': jsonBytes(tokenizer) }),
    ...(tokenizerConfig && { 'tokenizer_config.json': jsonBytes(tokenizerConfig) }),
  };
  const digests: Record<string, string> = {};
  for (const [name, bytes] of Object.entries(files)) digests[name] = await sha256(bytes);
  return { ...files, 'fam.json': jsonBytes({ ...fam, files: digests }) };
}

/** The content of fam.json, without its list of files, which is for this reader. */
async function readFam(
  source: ModelSource,
): Promise<{ fam: unknown; files: Readonly<Record<string, string>> | undefined }> {
  const content = await readJson(source, 'fam.json');
  if (typeof content !== 'object' || content === null) return { fam: content, files: undefined };
  const expected = 'what TransformerFAM adds to a model, and digests of its files.';
  const { files, ...fam } = parsed(famFileSchema, content, 'fam.json', CheckpointError, expected);
  return { fam, files };
}

/** The source without files of other saves: what is listed has its digest, and what may be missing is listed or not there. */
function ofOneSave(source: ModelSource, digests: Readonly<Record<string, string>>): ModelSource {
  return {
    place: source.place,
    async read(name) {
      const bytes = await source.read(name);
      if (!bytes) return undefined;
      const digest = await sha256(bytes);
      require(Object.hasOwn(digests, name) && digests[name] === digest, CheckpointError, () => ({
        wrong: `${name} in ${source.place} is not the file that was saved with fam.json there.`,
        expected: 'files of one save, as they were written.',
        remedy: `fetch or save the model again; where ${name} was changed on purpose, remove "files" from fam.json.`,
      }));
      return bytes;
    },
  };
}

async function readTokenizer(source: ModelSource): Promise<Tokenizer | undefined> {
  const definition = await readJson(source, 'tokenizer.json');
  if (definition === undefined) return undefined;
  const config = await readJson(source, 'tokenizer_config.json');
  const template = await readText(source, 'chat_template.jinja');
  if (template === undefined) return loadTokenizer(definition, config);
  return loadTokenizer(definition, { ...(config as object), chat_template: template });
}

async function readValues(source: ModelSource, config: ModelConfig): Promise<NamedValues> {
  const values: Record<string, Values> = Object.create(null);
  for await (const [file, bytes] of weightFiles(source, config)) {
    const { tensors } = readSafetensors(bytes, `${source.place}/${file}`);
    const used = Object.entries(tensors).filter(([name]) => !isRedundantWeight(name, config));
    const repeated = used.find(([name]) => Object.hasOwn(values, name));
    require(!repeated, CheckpointError, () => ({
      wrong: `"${repeated![0]}" is in ${source.place}/${file} and in a file before it.`,
      expected: 'every weight in one file only.',
      remedy: 'fetch the files of the model again.',
    }));
    Object.assign(values, decodeTensors(Object.fromEntries(used)));
  }
  return values;
}

async function* weightFiles(
  source: ModelSource,
  { fam: { famLength } }: ModelConfig,
): AsyncGenerator<[string, Uint8Array]> {
  const whole = await source.read('model.safetensors');
  if (whole) {
    yield ['model.safetensors', whole];
  } else {
    const index = await readJson(source, 'model.safetensors.index.json');
    require(index !== undefined, CheckpointError, () => missing(source, 'model.safetensors'));
    const expected = 'names of safetensors files in the folder of the model.';
    const { weight_map } = parsed(
      indexSchema,
      index,
      'model.safetensors.index.json',
      CheckpointError,
      expected,
    );
    for (const shard of new Set(Object.values(weight_map))) {
      const bytes = await source.read(shard);
      require(bytes, CheckpointError, () => missing(source, shard));
      yield [shard, bytes];
    }
  }
  const fam = famLength > 0 && (await source.read('fam.safetensors'));
  if (fam) yield ['fam.safetensors', fam];
}

/** The content of a JSON file, or undefined when there is no such file. */
const readJson = (source: ModelSource, name: string): Promise<unknown> =>
  readText(source, name, 'JSON in UTF-8.', JSON.parse);

/** What a file says, or undefined when there is no such file. */
async function readText<Content = string>(
  source: ModelSource,
  name: string,
  expected = 'text in UTF-8.',
  parse = (text: string) => text as Content,
): Promise<Content | undefined> {
  const bytes = await source.read(name);
  if (!bytes) return undefined;
  try {
    return parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    const complaint = {
      wrong: `${source.place}/${name} does not parse (${(cause as Error).message}).`,
      expected,
      remedy: 'correct the file, or fetch it again.',
    };
    throw new CheckpointError(complaint, { cause });
  }
}

function missing({ place }: ModelSource, name: string) {
  return {
    wrong: `There is no ${name} in ${place}.`,
    expected: 'the files of a model: config.json, model.safetensors, and what goes with them.',
    remedy: 'check the path, or fetch the model again.',
  };
}

function jsonBytes(content: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(content, null, 2)}\n`);
}

function weightBytes(entries: [string, Values][]): Uint8Array {
  return writeSafetensors(encodeValues(Object.fromEntries(entries)), { format: 'pt' });
}
