/** A model with its adapters in its weights, written as a folder of Hugging Face while it is read: one weight is in memory at a time. */
import { isLora, mapOf, namesOn } from '../adapters/lora.ts';
import { mergeInto } from '../adapters/merge.ts';
import { configFiles, type ModelConfig } from '../config.ts';
import { familyOf } from '../families/families.ts';
import { baseOf, requireBase, type Sample, sampleOf } from '../fingerprint.ts';
import { numbersOf, type StoredTensor } from '../formats/checkpoint.ts';
import { jsonBytes } from '../formats/model-files.ts';
import { type ReadModel, readModel } from '../formats/read-model.ts';
import type { ModelOptions } from '../model-options.ts';
import { requireFinite } from '../weights.ts';
import { type FileContent, writeAtomic } from './disk.ts';
import { withSources } from './open-all.ts';
import type { ModelPlace } from './open-source.ts';
import { nameOf } from './source.ts';
import { type Parts, requireVacant, safetensorsParts, withDigests } from './written-folder.ts';

/**
 * Writes the model in float32 with its adapters, and those of its memory, merged: a folder that `transformers` loads. FAM's prompt lies beside, for
 * `loadModel`. No backend needs to be there.
 *
 * @param folder that does not exist yet, or is empty
 * @throws ConfigError when there is something in the folder, or what `loadModel` would refuse
 * @throws CheckpointError, NonFiniteError what `loadModel` throws; nothing is left in the folder then
 * @throws StorageError when the files cannot be written
 */
export async function saveMerged(
  folder: string,
  from: ModelPlace,
  options: ModelOptions = {},
): Promise<void> {
  await requireVacant(folder);
  const { fam, context, signal } = options;
  await withSources(from, options, async (source, additions) => {
    const read = await readModel(source, { fam, context }, false, additions);
    await writeAtomic(folder, await mergedFiles(read, nameOf(source.place), signal));
  });
}

/** The files in the order in which they are made: fam.json, which has the digests of the others, is the last. */
async function mergedFiles(
  read: ReadModel,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Record<string, FileContent>> {
  const { checkpoint, config, stored } = read;
  const weights = stored.filter((tensor) => !isLora(tensor.name) && !isFam(tensor));
  const famWeights = stored.filter(isFam);
  const contents: Record<string, Parts> = {
    'model.safetensors': mergedWeights(read, weights, name, signal),
    ...(famWeights.length > 0 && { 'fam.safetensors': safetensorsParts(famWeights, numbersOf) }),
    'config.json': [jsonBytes(await configJson(read))],
  };
  for (const file of ['generation_config.json', 'tokenizer.json', 'tokenizer_config.json']) {
    const content = await checkpoint.json(file);
    if (content !== undefined) contents[file] = [jsonBytes(content as object)];
  }
  const template = await checkpoint.chatTemplate();
  if (template !== undefined) contents['chat_template.jinja'] = [new TextEncoder().encode(template)];
  const digests: Record<string, string> = {};
  const files = withDigests(contents, digests);
  async function* fam() {
    yield jsonBytes({ ...configFiles(config).fam, files: digests });
  }
  return { ...files, ...(read.hasFam && { 'fam.json': fam() }) };
}

const isFam = ({ name }: StoredTensor) => name.startsWith('fam.');

/** The model's own config.json, of numbers in float32. */
async function configJson({ checkpoint, config }: ReadModel): Promise<object> {
  const { dtype, ...json } = (await checkpoint.json('config.json')) as Record<string, unknown>;
  return {
    ...json,
    ...(dtype === undefined ? { torch_dtype: 'float32' } : { dtype: 'float32' }),
    ...(changedTiedHead(config) && { tie_word_embeddings: false }),
  };
}

/** The name of a head that was the embedding until an adapter changed it alone. */
function changedTiedHead(config: ModelConfig): string | undefined {
  const { head } = familyOf(config).names;
  return config.tiedEmbeddings && namesOn(mapOf(head), config.adapters).length > 0 ? head : undefined;
}

/** model.safetensors, a weight at a time. @throws CheckpointError in the end when the memory is one of another model */
async function* mergedWeights(
  { config, memory, stored, finish }: ReadModel,
  weights: readonly StoredTensor[],
  name: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const numbers: Record<string, Float32Array> = {};
  for (const tensor of stored) if (isLora(tensor.name)) numbers[tensor.name] = await numbersOf(tensor);
  const samples: Record<string, Sample> = {};
  const { embedding } = familyOf(config).names;
  const head = changedTiedHead(config);
  const tied = weights.find((tensor) => tensor.name === embedding)!;
  yield* safetensorsParts(head ? [...weights, { ...tied, name: head }] : weights, async (tensor) => {
    signal?.throwIfAborted();
    const { name, shape } = tensor;
    const values = await numbersOf(tensor);
    if (name !== head) samples[name] = sampleOf({ shape, values });
    mergeInto({ values, shape }, mapOf(name), config.adapters, (weight) => numbers[weight]!);
    requireFinite(name, values);
    return values;
  });
  await finish();
  if (memory) requireBase(memory, await baseOf(config, samples, name));
}
