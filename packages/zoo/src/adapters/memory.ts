/**
 * A memory: what makes a FAM of a base model, in a folder without the base model's weights. fam.json and fam.safetensors beside
 * a PEFT adapter, which loads without them too.
 */
import { ConfigError, require } from '@famjs/backends';
import { configFiles } from '../config.ts';
import type { AdditionFileOptions } from '../dtype.ts';
import { dense } from '../families/family.ts';
import type { Base } from '../fingerprint.ts';
import { digestsOf, jsonBytes, weightBytes } from '../formats/model-files.ts';
import { downloadValues } from '../formats/tensors.ts';
import type { HeldModel } from '../model.ts';
import { requireFinite } from '../weights.ts';
import { filesOfAdapter } from './peft-files.ts';

/** The adapter that goes with a memory. */
export const memoryAdapter = 'memory';

/** See `memoryFiles`. */
export async function filesOfMemory(
  { config, weights }: HeldModel,
  { name, fingerprint, from }: Base,
  options: AdditionFileOptions,
): Promise<Record<string, Uint8Array>> {
  const others = Object.keys(config.adapters ?? {}).filter((adapter) => adapter !== memoryAdapter);
  require(others.length === 0, ConfigError, () => ({
    wrong: `The model whose memory is to be saved has other adapters too: ${others.join(', ')}.`,
    expected: `at most the adapter called "${memoryAdapter}".`,
    remedy: 'train the memory over the base model alone, or merge the others into a base model of its own.',
  }));
  const own = Object.entries(dense(weights)).filter(([name]) => name.startsWith('fam.'));
  const values = Object.entries(await downloadValues(Object.fromEntries(own)));
  for (const [name, { values: numbers }] of values) requireFinite(name, numbers as Float32Array);
  const files = {
    ...(values.length > 0 && { 'fam.safetensors': weightBytes(values, options.dtype) }),
    ...(config.adapters && (await filesOfAdapter({ config, weights }, memoryAdapter, name, options))),
  };
  const { fam } = configFiles(config);
  const about = { ...fam, base: { name, fingerprint, from }, files: await digestsOf(files) };
  return { ...files, 'fam.json': jsonBytes(about) };
}
