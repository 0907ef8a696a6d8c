export { readBytes, readBytesIfAny, storageError, writeAtomic } from './sources/disk.ts';
export { saveModelFolder } from './sources/folder.ts';
export { type CachedRepo, cachedRepos, hubCacheFolder, removeCachedRepo } from './sources/hub/cache.node.ts';
export { type PulledModel, type PullOptions, pullFromHub } from './sources/hub/hub.node.ts';
export type { PullProgress } from './sources/hub/hub.ts';
export { type HubName, hubName } from './sources/hub/name.ts';
export { saveTo } from './sources/save-to.ts';
export { shippedModel } from './sources/shipped.ts';
