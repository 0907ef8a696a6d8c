/** What a name means in Node: a shipped model, a folder, or a GGUF file. */
import { fileURLToPath } from 'node:url';
import { fileSource, folderSource, kindOfPath } from './folder.ts';
import { shippedModel } from './shipped.ts';
import { isShippedModel } from './shipped-names.ts';
import { isGguf, type LoadOptions, type ModelSource } from './source.ts';

/** The source of a name that is no URL, or undefined when it is no place here. */
export async function namedSource(name: string, options: LoadOptions): Promise<ModelSource | undefined> {
  const place = isShippedModel(name) ? shippedModel(name) : name;
  const kind = await kindOfPath(place);
  if (kind === 'folder') return folderSource(place, options);
  return kind === 'file' && isGguf(place) ? fileSource(place, options) : undefined;
}

/** The source of a `file:` URL. */
export async function fileUrlSource(url: URL, options: LoadOptions): Promise<ModelSource> {
  const place = fileURLToPath(url);
  return (await namedSource(place, options)) ?? folderSource(place, options);
}

export const remedies = {
  shipped: 'install the package @famjs/zoo again; its models are missing.',
  unknown: 'check the path: it is looked up from the folder in which the process runs.',
};
