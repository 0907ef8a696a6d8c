/** Models of the Hub in a page: read from its server as from any URL, once its API has said which files there are. */
import type { LoadOptions, ModelSource } from '../source.ts';
import { urlSource } from '../url.ts';
import { hubListing } from './listing.ts';
import type { HubName } from './name.ts';
import { neededFiles } from './needed-files.ts';

const endpoint = 'https://huggingface.co';

/** @throws CheckpointError when there is no such model, or it is not to be had */
export async function hubSource(name: HubName, options: LoadOptions): Promise<ModelSource> {
  const { commit, files } = await hubListing(name, { endpoint, signal: options.signal });
  const needed = neededFiles(
    files.map((file) => file.name),
    name.file,
    name.repo,
  );
  const folder = `${endpoint}/${name.repo}/resolve/${commit}`;
  const source = urlSource(needed.length === 1 ? `${folder}/${needed[0]}` : folder, options);
  return {
    ...source,
    place: needed.length === 1 ? `${name.repo}/${needed[0]}` : name.repo,
    read: async (file) => (needed.includes(file) ? source.read(file) : undefined),
    open: async (file) => (needed.includes(file) ? source.open(file) : undefined),
  };
}
