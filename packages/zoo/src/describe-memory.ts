/** What a memory is, by its files: of which model, how much it holds, what it changes. */

import { loraChoicesIn } from './adapters/peft-config.ts';
import { adapterFiles } from './adapters/peft-files.ts';
import type { LoraChoices } from './adapters/targets.ts';
import type { ModelConfig } from './config.ts';
import { famOf } from './fam-options.ts';
import type { Base } from './fingerprint.ts';
import { requireMemory } from './formats/additions.ts';
import { readJson, storedIn } from './formats/open-checkpoint.ts';
import { readFam } from './formats/read-model.ts';
import { type ModelPlace, openSource } from './sources/open-source.ts';
import type { LoadOptions } from './sources/source.ts';

export interface MemoryDescription {
  base: Base;
  fam: ModelConfig['fam'];
  /** Where it has an adapter, what that is on, of which rank and alpha. */
  adapter?: LoraChoices | undefined;
  /** How many numbers it holds. */
  weights: number;
  /** The dtypes of its numbers, as safetensors calls them. */
  dtypes: readonly string[];
  /** Bytes of the files that hold them. */
  bytes: number;
}

/**
 * Reads fam.json, adapter_config.json and what files say of their tensors. No backend needs to be there; of a memory that is not on this machine
 * no more comes than these, and nothing of it is kept. Whether it fits its base model is known when both are loaded.
 *
 * @param from what `memory` of `loadModel` takes
 * @throws CheckpointError when there is nothing there, or a file is damaged
 * @throws ConfigError when what is there is no memory
 */
export async function describeMemory(
  from: ModelPlace,
  options: Omit<LoadOptions, 'keep' | 'dtype'> = {},
): Promise<MemoryDescription> {
  const source = await openSource(from, { ...options, keep: false }, 'addition');
  try {
    const { fam, base } = await readFam(source);
    const own = requireMemory(source.place, fam, base);
    const settings = await readJson(source, adapterFiles.config);
    const files = [];
    for (const name of ['fam.safetensors', adapterFiles.weights]) {
      const file = await source.open(name);
      if (file) files.push([name, file] as [string, typeof file]);
    }
    const tensors = await storedIn(files, source.place);
    const sizes = tensors.map(({ shape }) => shape.reduce((size, dimension) => size * dimension, 1));
    return {
      base: own,
      fam: famOf({ window: undefined }, fam, {}, true),
      adapter:
        settings === undefined
          ? undefined
          : loraChoicesIn(settings, `${source.place}/${adapterFiles.config}`),
      weights: sizes.reduce((sum, size) => sum + size, 0),
      dtypes: [...new Set(tensors.map(({ dtype }) => dtype))],
      bytes: files.reduce((sum, [, { size }]) => sum + size, 0),
    };
  } finally {
    source.close();
  }
}
