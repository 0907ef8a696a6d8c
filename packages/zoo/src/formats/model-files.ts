/** A model as the named files of a Hugging Face folder, wherever they lie: on a disk, behind a URL, in memory. */
import { CheckpointError, require } from '@famjs/backends';
import * as z from 'zod';
import { configFiles, type ModelConfig, parseModelConfig } from '../config.ts';
import type { Model } from '../model.ts';
import { parsed } from '../parsed.ts';
import { loadTokenizer, type Tokenizer } from '../tokenizers/tokenizer.ts';
import { isRedundantWeight, requireWeights } from '../weights.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';
import { downloadValues, uploadValues } from './tensors.ts';
import { decodeTensors, encodeValues, type NamedValues, type Values } from './values.ts';

/** A model and, where its files hold one, the tokenizer it was trained with. */
export interface StoredModel extends Model {
  tokenizer?: Tokenizer | undefined;
}

/** Where the files of a model lie. */
export interface ModelSource {
  /** The place, as errors call it. */
  place: string;
  /** The bytes of the file of this name, or undefined when there is none. */
  read(name: string): Promise<Uint8Array | undefined>;
}

const indexSchema = z.looseObject({
  weight_map: z.record(
    z.string(),
    z.string().regex(/^[\w.-]+\.safetensors$/, 'is no name of a file beside it'),
  ),
});

/**
 * Reads config.json, the weights of model.safetensors or of the shards that model.safetensors.index.json names, and
 * where they exist fam.json, fam.safetensors, tokenizer.json and tokenizer_config.json. Without fam.json it is a plain
 * model. The weights' tensors are made last, when everything has been checked.
 *
 * @returns the model, whose tensors are in the caller's hands
 * @throws CheckpointError when a file is missing or damaged, or when weights are missing, unexpected or misshaped
 * @throws NonFiniteError when a weight holds NaN or infinity
 * @throws ConfigError when the configuration does not fit together
 * @throws TokenError when the tokenizer does not load
 */
export async function readModel(source: ModelSource): Promise<StoredModel> {
  const configJson = await readJson(source, 'config.json');
  require(configJson !== undefined, CheckpointError, () => missing(source, 'config.json'));
  const config = parseModelConfig(configJson, await readJson(source, 'fam.json'));
  const tokenizerJson = await readJson(source, 'tokenizer.json');
  const tokenizerConfig = await readJson(source, 'tokenizer_config.json');
  const tokenizer = tokenizerJson === undefined ? undefined : loadTokenizer(tokenizerJson, tokenizerConfig);
  const values = await readValues(source, config);
  requireWeights(values, config);
  return { config, weights: uploadValues(values), tokenizer };
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
  const entries = Object.entries(values);
  const isFam = ([name]: [string, Values]) => name.startsWith('fam.');
  return {
    'config.json': jsonBytes(config),
    'fam.json': jsonBytes(fam),
    'model.safetensors': weightBytes(entries.filter((entry) => !isFam(entry))),
    ...(model.config.layer.famLength > 0 && { 'fam.safetensors': weightBytes(entries.filter(isFam)) }),
    ...(tokenizer && { 'tokenizer.json': jsonBytes(tokenizer) }),
    ...(tokenizerConfig && { 'tokenizer_config.json': jsonBytes(tokenizerConfig) }),
  };
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
  { layer }: ModelConfig,
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
  const fam = layer.famLength > 0 && (await source.read('fam.safetensors'));
  if (fam) yield ['fam.safetensors', fam];
}

/** The content of a JSON file, or undefined when there is no such file. */
async function readJson(source: ModelSource, name: string): Promise<unknown> {
  const bytes = await source.read(name);
  if (!bytes) return undefined;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    const complaint = {
      wrong: `${source.place}/${name} does not parse (${(cause as Error).message}).`,
      expected: 'JSON in UTF-8.',
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
