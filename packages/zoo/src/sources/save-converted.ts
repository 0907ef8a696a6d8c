/** A memory or an adapter with its numbers in another dtype, written while it is read. */
import { CheckpointError, require } from '@famjs/backends';
import { adapterFiles } from '../adapters/peft-files.ts';
import type { FileDtype } from '../dtype.ts';
import { numbersOf } from '../formats/checkpoint.ts';
import { jsonBytes } from '../formats/model-files.ts';
import { storedIn } from '../formats/open-checkpoint.ts';
import { readFam } from '../formats/read-model.ts';
import { type FileContent, writeAtomic } from './disk.ts';
import { ofOneSave } from './one-save.ts';
import { type ModelPlace, openSource } from './open-source.ts';
import type { LoadOptions, ModelSource, SourceFile } from './source.ts';
import { requireVacant, safetensorsParts, withDigests } from './written-folder.ts';

/**
 * Writes a memory or an adapter anew: what it is of and what it says stay, its numbers are rounded. No model is loaded, and no backend needs to be there.
 *
 * @param folder that does not exist yet, or is empty
 * @param from what `memory` and `adapters` of `loadModel` take
 * @param options `baseFrom` says where a memory's base model is to be had, in place of what the memory says of that
 * @throws ConfigError when there is something in the folder
 * @throws CheckpointError when there is no memory and no adapter, or a file is damaged or of another save; nothing is left in the folder then
 * @throws NonFiniteError when a number is NaN, infinite, or too large for the dtype; nothing is left in the folder then
 * @throws StorageError when the files cannot be written
 */
export async function saveConverted(
  folder: string,
  from: ModelPlace,
  options: Omit<LoadOptions, 'dtype'> & { dtype: FileDtype; baseFrom?: string | undefined },
): Promise<void> {
  await requireVacant(folder);
  const { dtype, baseFrom, ...loading } = options;
  const source = await openSource(from, loading, 'addition');
  try {
    await writeAtomic(folder, await convertedFiles(source, dtype, baseFrom));
  } finally {
    source.close();
  }
}

/** The files in the order in which they are made: fam.json, which has the digests of the others, is the last. */
async function convertedFiles(
  from: ModelSource,
  dtype: FileDtype,
  baseFrom: string | undefined,
): Promise<Record<string, FileContent>> {
  const { fam, base, files: listed } = await readFam(from);
  const source = listed ? ofOneSave(from, listed) : from;
  const settings = await source.read(adapterFiles.config);
  const weights = settings && (await source.open(adapterFiles.weights));
  require(fam === undefined ? weights : base, CheckpointError, () => ({
    wrong: `There is neither a memory nor an adapter in ${from.place}.`,
    expected: `fam.json with its base model, or ${adapterFiles.config} and ${adapterFiles.weights}.`,
    remedy: 'name the folder of a memory or of an adapter.',
  }));
  const prompt = fam === undefined ? undefined : await source.open('fam.safetensors');
  const converted = async (name: string, file: SourceFile) => ({
    [name]: safetensorsParts(await storedIn([[name, file]], from.place), numbersOf, dtype),
  });
  const digests: Record<string, string> = {};
  const files = withDigests(
    {
      ...(prompt && (await converted('fam.safetensors', prompt))),
      ...(settings && { [adapterFiles.config]: [settings] }),
      ...(weights && (await converted(adapterFiles.weights, weights))),
    },
    digests,
  );
  async function* about() {
    const known = { ...base, ...(baseFrom && { from: baseFrom }) };
    yield jsonBytes({ ...(fam as object), base: known, files: digests });
  }
  const all = Object.entries({ ...files, ...(base && { 'fam.json': about() }) });
  const [name, last] = all.pop()!;
  async function* checked() {
    yield* last;
    await source.finish?.();
  }
  return { ...Object.fromEntries(all), [name]: checked() };
}
