/** What is added to a model from places of its own: one memory at most, and adapters. */
import { ConfigError, require } from '@famjs/backends';
import type { Lora } from '../adapters/lora.ts';
import { memoryAdapter } from '../adapters/memory.ts';
import { readAdapter } from '../adapters/peft-files.ts';
import type { ModelConfig } from '../config.ts';
import { type Base, remedyOf } from '../fingerprint.ts';
import type { ModelSource } from '../sources/source.ts';
import type { StoredTensor } from './checkpoint.ts';

/** Where they lie. */
export interface AdditionSources {
  memory?: ModelSource | undefined;
  adapters: readonly ModelSource[];
}

/** A memory whose fam.json has been read. */
export interface OpenMemory {
  place: string;
  fam: unknown;
  base: Base;
  source: ModelSource;
}

/**
 * The configuration with all adapters on it, the memory's own first, and their tensors.
 *
 * @throws CheckpointError, ConfigError when the files of one are not those of an adapter of this model
 */
export async function adaptersOn(
  config: ModelConfig,
  memory: OpenMemory | undefined,
  sources: readonly ModelSource[],
): Promise<{ config: ModelConfig; tensors: readonly StoredTensor[] }> {
  const own = memory && (await memory.source.open('adapter_model.safetensors')) ? [memory.source] : [];
  const adapters: Record<string, Lora> = {};
  const tensors: StoredTensor[] = [];
  for (const [i, source] of [...own, ...sources].entries()) {
    const isOwn = i < own.length;
    const name = isOwn ? memoryAdapter : `adapter-${i - own.length + 1}`;
    const read = await readAdapter(source, name, config, isOwn ? remedyOf(memory!.base) : undefined);
    adapters[name] = read.lora;
    tensors.push(...read.tensors);
  }
  return { config: tensors.length > 0 ? { ...config, adapters } : config, tensors };
}

/** @throws ConfigError when the folder of a memory holds no fam.json, or one of a model */
export function requireMemory(place: string, fam: unknown, base: Base | undefined): Base {
  require(fam !== undefined && base, ConfigError, () => ({
    wrong:
      fam === undefined ? `There is no fam.json in ${place}.` : `fam.json in ${place} names no base model.`,
    expected: 'a memory: fam.json with its base, fam.safetensors, and an adapter where it has one.',
    remedy: fam === undefined ? 'check the path; an adapter alone goes to adapters.' : 'load it as a model.',
  }));
  return base;
}
