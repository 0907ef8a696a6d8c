/** The two files of a PEFT folder: read to the last name and shape before a number is, and written. */
import { CheckpointError, require } from '@famjs/backends';
import type { ModelConfig } from '../config.ts';
import type { AdditionFileOptions } from '../dtype.ts';
import { familyOf } from '../families/families.ts';
import { dense } from '../families/family.ts';
import type { StoredTensor } from '../formats/checkpoint.ts';
import { jsonBytes, weightBytes } from '../formats/model-files.ts';
import { readJson, storedIn } from '../formats/open-checkpoint.ts';
import { downloadValues } from '../formats/tensors.ts';
import { mapValues } from '../formats/values.ts';
import type { HeldModel } from '../model.ts';
import type { ModelSource } from '../sources/source.ts';
import { linearMaps, requireFinite, requireSame } from '../weights.ts';
import { type Lora, loraShapes, mapOf } from './lora.ts';
import { loraChoicesIn, peftConfig } from './peft-config.ts';
import { loraOn } from './targets.ts';

export const adapterFiles = { config: 'adapter_config.json', weights: 'adapter_model.safetensors' } as const;

/** What PEFT puts before the names of a model's weights. */
const prefix = 'base_model.model.';

/** Under which an adapter's weight lies in its file, where its own name does not stand. */
const nameInFile = (name: string) => prefix + name.replace(/\.[\w-]+\.weight$/, '.weight');

/** An adapter whose weights have not been read, but are known to fit. */
export interface ReadAdapter {
  lora: Lora;
  /** By their names in the model. */
  tensors: readonly StoredTensor[];
}

/**
 * Reads adapter_config.json and what adapter_model.safetensors says of its tensors.
 *
 * @param name what the adapter will be called in the model
 * @param remedy what to do about a model that it does not fit, where that is known
 * @throws CheckpointError when a file is missing or damaged, or a weight is missing, unexpected or misshaped
 * @throws ConfigError when the adapter is no plain LoRA, or not for this model
 */
export async function readAdapter(
  source: ModelSource,
  name: string,
  config: ModelConfig,
  remedy?: string,
): Promise<ReadAdapter> {
  const place = (file: string) => `${source.place}/${file}`;
  const [content, weights] = [
    await readJson(source, adapterFiles.config),
    await source.open(adapterFiles.weights),
  ];
  require(content !== undefined && weights, CheckpointError, () => ({
    wrong: `There is no ${content === undefined ? adapterFiles.config : adapterFiles.weights} in ${source.place}.`,
    expected: `the adapter that PEFT saves: ${adapterFiles.config} and ${adapterFiles.weights}.`,
    remedy: 'check the path; an adapter_model.bin is to be saved again with PEFT of today (save_pretrained).',
  }));
  const maps = linearMaps(config);
  const head = mapOf(familyOf(config).names.head);
  const choices = loraChoicesIn(content, place(adapterFiles.config));
  const lora = await loraOn(Object.keys(maps), head, choices, place(adapterFiles.config), remedy);
  const shapes = loraShapes({ [name]: lora }, maps);
  const inFile = Object.fromEntries(Object.keys(shapes).map((own) => [nameInFile(own), own]));
  const stored = await storedIn([[adapterFiles.weights, weights!]], source.place);
  requireSame(
    Object.fromEntries(stored.map((tensor) => [tensor.name, tensor])),
    mapValues(inFile, (own) => shapes[own]!),
    remedy ?? 'use the two files that were saved together, with the base model that they were trained on.',
    ` in ${place(adapterFiles.weights)}`,
  );
  for (const { name, dtype } of stored) {
    require(/^(F64|F32|F16|BF16)$/.test(dtype), CheckpointError, () => ({
      wrong: `"${name}" of ${place(adapterFiles.weights)} holds numbers of type ${dtype}.`,
      expected: 'F32, F16 or BF16.',
      remedy: 'save the adapter again in one of these.',
    }));
  }
  return { lora, tensors: stored.map((tensor) => ({ ...tensor, name: inFile[tensor.name]! })) };
}

/** See `peftFiles`. */
export async function filesOfAdapter(
  { config, weights }: HeldModel,
  name: string,
  base: string,
  { dtype }: AdditionFileOptions,
): Promise<Record<string, Uint8Array>> {
  const lora = config.adapters![name]!;
  const maps = linearMaps(config);
  const own = mapValues(loraShapes({ [name]: lora }, maps), (_, own) => dense(weights)[own]!);
  const held = await downloadValues(own);
  for (const [own, { values }] of Object.entries(held)) requireFinite(own, values as Float32Array);
  const named = Object.entries(held).map(([own, values]): [string, typeof values] => [
    nameInFile(own),
    values,
  ]);
  return {
    [adapterFiles.config]: jsonBytes(peftConfig(lora, Object.keys(maps), base)),
    [adapterFiles.weights]: weightBytes(named, dtype),
  };
}
