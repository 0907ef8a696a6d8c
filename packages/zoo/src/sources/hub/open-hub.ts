/** The source of a model of the Hub: its files where they are kept, or over the line where they are not to be kept. */
import type { LoadOptions, ModelSource } from '../source.ts';
import { askHub, fetchMissing, filesOfHub, type HubCache, kept, type PullProgress } from './hub.ts';
import { hubListing } from './listing.ts';
import type { HubName } from './name.ts';
import type { HubAccess } from './request.ts';
import { streamedHubSource } from './streamed.ts';

/**
 * With `keep: false` nothing is fetched into the cache, and what is there already is read from there.
 *
 * @param cache undefined where nothing can be kept
 * @param access undefined offline: only what is kept counts
 * @throws CheckpointError when there is no such model, or it is not to be had
 * @throws StorageError when there is no room for it, or it cannot be written
 */
export async function openHub(
  name: HubName,
  cache: HubCache | undefined,
  access: HubAccess | undefined,
  options: LoadOptions,
): Promise<ModelSource> {
  if (!cache) return streamedHubSource(name, await hubListing(name, access!), access!, options);
  const needed = access && (await askHub(name, cache, access));
  if (needed && options.keep === false && needed.missing.some((bytes) => bytes > 0)) {
    return streamedHubSource(name, needed.listing, access, options);
  }
  const onProgress = ({ file, loaded, total }: PullProgress) => options.onProgress?.({ file, loaded, total });
  const { files } = needed
    ? await fetchMissing(name, cache, access, needed, onProgress)
    : await kept(name, cache);
  return filesOfHub(name, files, (file) => cache.open(file), options);
}
