export { readBytes, readBytesIfAny, storageError, writeAtomic } from './sources/disk.ts';
export { saveModelFolder } from './sources/folder.ts';
export { saveTo } from './sources/save-to.ts';
export { shippedModel } from './sources/shipped.ts';
