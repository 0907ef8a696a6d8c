/** The shipped models, fetched file by file: which there are is known, so that no other is asked for. */
import { CheckpointError, require } from '@famjs/backends';
import { type LanguageModel, type LoadProgress, loadModel } from '@famjs/zoo';

const common = ['config.json', 'fam.json', 'tokenizer.json', 'model.safetensors'];
const filesOf = {
  'passkey-fam': ['fam.safetensors', ...common],
  'passkey-bswa2': common,
};
export type ShippedName = keyof typeof filesOf;

/**
 * @param base address of the page
 * @throws CheckpointError when a file does not arrive, or is damaged
 */
export async function loadShipped(
  name: ShippedName,
  base: string,
  signal: AbortSignal,
  onProgress: (progress: LoadProgress) => void = () => {},
): Promise<LanguageModel> {
  const files: Record<string, Uint8Array> = {};
  for (const file of filesOf[name]) {
    const response = await fetch(new URL(`models/${name}/${file}`, base), { signal });
    require(response.ok, CheckpointError, () => ({
      wrong: `${file} of ${name} did not arrive (${response.status}).`,
      expected: 'the files of the model beside the page.',
      remedy: 'load the page again, or build it again.',
    }));
    files[file] = new Uint8Array(await response.arrayBuffer());
    const { length } = files[file];
    onProgress({ file: `${name}/${file}`, loaded: length, total: length });
  }
  return loadModel(files, { signal });
}
