/** Models and datasets of the Hub in Node: kept in the cache of its own tools, as the environment says. */
import type { LoadOptions, ModelSource } from '../source.ts';
import { diskCache } from './cache.node.ts';
import { type KeptModel, type PullProgress, pull } from './hub.ts';
import type { HubName } from './name.ts';
import { openHub } from './open-hub.ts';
import { accessTo, type HubAccess } from './request.ts';

export interface PullOptions extends Pick<LoadOptions, 'hub'> {
  onProgress?: (progress: PullProgress) => void;
  /** Breaks off; the next time goes on from there. */
  signal?: AbortSignal | undefined;
}

/** A model or a dataset that is in the cache. */
export interface PulledModel extends KeptModel {
  /** The folder in which its files lie, among others perhaps. */
  folder: string;
}

/**
 * Fetches what a model needs, or the texts of a dataset, and is not in the cache yet.
 *
 * Follows the environment: HF_ENDPOINT, HF_TOKEN, HF_HOME, HF_HUB_CACHE, and HF_HUB_OFFLINE, with which only the cache counts.
 *
 * @throws CheckpointError when there is no such model, it is not to be had, or comes other than the Hub announced it
 * @throws StorageError when there is no room for it, or it cannot be written
 */
export async function pullFromHub(name: HubName, options: PullOptions = {}): Promise<PulledModel> {
  const cache = diskCache(name);
  const model = await pull(name, cache, hubAccess(options), options.onProgress);
  return { folder: cache.folder(), ...model };
}

/** The source of a model of the Hub, on the disk unless it is not to be kept. */
export const hubSource = (name: HubName, options: LoadOptions): Promise<ModelSource> =>
  openHub(name, diskCache(name), hubAccess(options), options);

/** Undefined offline. */
function hubAccess({ hub, signal }: Pick<PullOptions, 'hub' | 'signal'>): HubAccess | undefined {
  const { HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE } = process.env;
  if (/^(1|true|yes|on)$/i.test(HF_HUB_OFFLINE ?? '')) return undefined;
  return accessTo({ endpoint: hub?.endpoint ?? HF_ENDPOINT, token: hub?.token ?? HF_TOKEN }, signal);
}
