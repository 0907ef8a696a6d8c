/** The files of the shipped models, fetched one by one: which there are is known, so that no other is asked for. */
import { CheckpointError, require } from '@famjs/backends/errors';
import type { LoadProgress } from '@famjs/zoo';

const common = ['config.json', 'fam.json', 'tokenizer.json', 'model.safetensors'];
const filesOf = {
  'passkey-fam': ['fam.safetensors', ...common],
  'passkey-bswa2': common,
};
export type ShippedName = keyof typeof filesOf;

/**
 * @param base address of the page
 * @throws CheckpointError when a file does not arrive
 */
export async function fetchShipped(
  name: ShippedName,
  base: string,
  signal: AbortSignal,
  onProgress: (progress: LoadProgress) => void,
): Promise<Record<string, Uint8Array>> {
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
  return files;
}
