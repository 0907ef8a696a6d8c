export { readBytes, readBytesIfAny, storageError, writeAtomic } from './sources/disk.ts';
export { loadModelFolder, saveModelFolder } from './sources/folder.ts';
export { shippedModel } from './sources/shipped.ts';
