export { readBytes, readBytesIfAny, storageError, writeAtomic } from './files.ts';
export { loadModelFolder, saveModelFolder } from './model-folder.ts';
export { shippedModel } from './shipped.ts';
