/** What a name means in Node: a shipped model, or a folder. */
import { fileURLToPath } from 'node:url';
import { folderSource, isFolder } from './folder.ts';
import { shippedModel } from './shipped.ts';
import { isShippedModel } from './shipped-names.ts';
import type { LoadOptions, ModelSource } from './source.ts';

/** The source of a name that is no URL, or undefined when it is no place here. */
export async function namedSource(name: string, options: LoadOptions): Promise<ModelSource | undefined> {
  const folder = isShippedModel(name) ? shippedModel(name) : name;
  return (await isFolder(folder)) ? folderSource(folder, options) : undefined;
}

/** The source of a `file:` URL. */
export function fileSource(url: URL, options: LoadOptions): ModelSource {
  return folderSource(fileURLToPath(url), options);
}

export const remedies = {
  shipped: 'install the package @famjs/zoo again; its models are missing.',
  unknown: 'check the path: it is looked up from the folder in which the process runs.',
};
