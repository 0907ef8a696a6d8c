/** The shipped models, loaded from the files that are served with the page. */
import { type LanguageModel, type LoadProgress, loadModel } from '@famjs/zoo';
import { fetchShipped, type ShippedName } from './shipped-files.ts';

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
  return loadModel(await fetchShipped(name, base, signal, onProgress), { signal });
}
