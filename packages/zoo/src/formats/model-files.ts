/** A model as the named files of a Hugging Face folder, as they are saved. */
import { ConfigError, require } from '@famjs/backends';
import type { HeldWeights } from '@famjs/layer';
import { isQuantised, widened } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import { configFiles } from '../config.ts';
import { sha256 } from '../digest.ts';
import type { FileDtype } from '../dtype.ts';
import { generationFile } from '../generation.ts';
import type { HeldModel } from '../model.ts';
import type { Tokenizer } from '../tokenizers/tokenizer.ts';
import { requireWeights } from '../weights.ts';
import { writeSafetensors } from './safetensors.ts';
import { downloadValues } from './tensors.ts';
import { mapValues, type NamedValues, type Values } from './values.ts';
import { writtenAs, writtenBytes } from './written.ts';

/** A model and, where its files hold one, the tokenizer it was trained with. */
export interface StoredModel extends HeldModel {
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

/**
 * The files of a model: those that `readModel` reads, of which model.safetensors alone is a plain Llama.
 *
 * @throws ConfigError when the model has adapters
 * @throws CheckpointError when weights are missing, unexpected or misshaped
 * @throws NonFiniteError when a weight holds NaN or infinity
 */
export async function modelFiles(model: StoredModel): Promise<Record<string, Uint8Array>> {
  const adapters = Object.keys(model.config.adapters ?? {});
  require(adapters.length === 0, ConfigError, () => ({
    wrong: `The model to be saved has adapters: ${adapters.join(', ')}.`,
    expected: 'a model whose weights are all its own.',
    remedy: 'save its memory or its adapters by themselves, or merge them into the weights.',
  }));
  const values = await downloadWeights(model.weights);
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
  return { ...files, 'fam.json': jsonBytes({ ...fam, files: await digestsOf(files) }) };
}

/** By which the files of a save are known; see `readModel`. */
export async function digestsOf(
  files: Readonly<Record<string, Uint8Array>>,
): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const [name, bytes] of Object.entries(files)) digests[name] = await sha256(bytes);
  return digests;
}

/** The numbers of weights, of quantised ones what their blocks say. */
async function downloadWeights(weights: HeldWeights): Promise<NamedValues> {
  const made = mapValues(weights, (weight) => (isQuantised(weight) ? widened(weight) : undefined));
  try {
    return await downloadValues(mapValues(weights, (weight, name) => made[name] ?? (weight as tf.Tensor)));
  } finally {
    tf.dispose(Object.values(made).filter((tensor) => tensor !== undefined));
  }
}

export function jsonBytes(content: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(content, null, 2)}\n`);
}

/** @throws NonFiniteError when a number is too large for the dtype */
export function weightBytes(entries: readonly [string, Values][], dtype: FileDtype = 'f32'): Uint8Array {
  const tensors = mapValues(Object.fromEntries(entries), ({ shape, values }, name) => ({
    dtype: writtenAs[dtype],
    shape,
    data: writtenBytes(name, values as Float32Array, dtype),
  }));
  return writeSafetensors(tensors, { format: 'pt' });
}
