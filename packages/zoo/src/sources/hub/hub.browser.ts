/** Models of the Hub in a page: kept in the file system of its origin, where there is one. */
import { canKeep } from '../opfs/can-keep.ts';
import type { LoadOptions, ModelSource } from '../source.ts';
import type { HubName } from './name.ts';
import { openHub } from './open-hub.ts';
import { accessTo } from './request.ts';

/** @throws CheckpointError when there is no such model, or it is not to be had */
export async function hubSource(name: HubName, options: LoadOptions): Promise<ModelSource> {
  const access = accessTo(options.hub ?? {}, options.signal);
  if (options.keep === false || !(await canKeep())) return openHub(name, undefined, access, options);
  const { pageCache } = await import('../opfs/hub-cache.ts');
  return openHub(name, await pageCache(name, options.signal), access, options);
}
