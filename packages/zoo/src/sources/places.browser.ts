/** What a name means in a page: a path below its server, or a model of the Hub. There is no disk, and a bundle does not know where packages lie. */
import { hubName } from './hub/name.ts';
import { canKeep } from './opfs/can-keep.ts';
import type { LoadOptions, ModelSource, SourceKind } from './source.ts';

/** The source of a name that is no URL of its own, or undefined when it is no place here. */
export async function namedSource(
  name: string,
  options: LoadOptions,
  kind: SourceKind,
): Promise<ModelSource | undefined> {
  if (/^\.{0,2}\//.test(name)) return urlPlace(name, options);
  const hub = hubName(name);
  if (!hub) return undefined;
  const { hubSource } = await import('./hub/hub.browser.ts');
  return hubSource({ ...hub, kind }, options);
}

/** The source of a URL: kept in the file system of the page's origin, where there is one. */
export async function urlPlace(url: string | URL, options: LoadOptions): Promise<ModelSource> {
  const { protocol } = new URL(url, globalThis.location?.href);
  if (options.keep === false || !/^https?:$/.test(protocol) || !(await canKeep())) {
    const { urlSource } = await import('./url.ts');
    return urlSource(url, options);
  }
  const { keptUrlSource } = await import('./opfs/kept-url.ts');
  return keptUrlSource(url, options);
}

export const remedies = {
  shipped: (name: string) =>
    `copy node_modules/@famjs/zoo/models/${name} to where the page is served from, and pass the path there, such as "/models/${name}".`,
  unknown:
    'pass a path below the server of the page ("/models/…" or "./models/…"), a URL, or the files themselves.',
};
