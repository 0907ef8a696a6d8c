/** What a name means in Node: a shipped model or memory, a folder, a GGUF file, or a model of the Hub. */
import { fileURLToPath } from 'node:url';
import { fileSource, folderSource, kindOfPath } from './folder.ts';
import { hubSource } from './hub/hub.node.ts';
import { hubName } from './hub/name.ts';
import { shippedModel } from './shipped.ts';
import { isShipped } from './shipped-names.ts';
import { isGguf, type LoadOptions, type ModelSource, type SourceKind } from './source.ts';
import { urlSource } from './url.ts';

/** The source of a name that is no URL, or undefined when it is no place here. */
export async function namedSource(
  name: string,
  options: LoadOptions,
  wanted: SourceKind,
): Promise<ModelSource | undefined> {
  const place = isShipped(name) ? shippedModel(name) : name;
  const kind = await kindOfPath(place);
  if (kind === 'folder') return folderSource(place, options);
  if (kind === 'file') return isGguf(place) ? fileSource(place, options) : undefined;
  const hub = hubName(name);
  return hub && hubSource({ ...hub, kind: wanted }, options);
}

/** The source of a URL. */
export async function urlPlace(url: URL, options: LoadOptions): Promise<ModelSource> {
  if (url.protocol !== 'file:') return urlSource(url, options);
  const place = fileURLToPath(url);
  const kind = await kindOfPath(place);
  return kind === 'file' && isGguf(place) ? fileSource(place, options) : folderSource(place, options);
}

export const remedies = {
  shipped: (name: string) => `install the package @famjs/zoo again; its ${name} is missing.`,
  unknown: 'check the path: it is looked up from the folder in which the process runs.',
};
