/** What a name means in a page: a path below its server, or a model of the Hub. There is no disk, and a bundle does not know where packages lie. */
import { hubName } from './hub/name.ts';
import type { LoadOptions, ModelSource } from './source.ts';
import { urlSource } from './url.ts';

/** The source of a name that is no URL of its own, or undefined when it is no place here. */
export async function namedSource(name: string, options: LoadOptions): Promise<ModelSource | undefined> {
  if (/^\.{0,2}\//.test(name)) return urlSource(name, options);
  const hub = hubName(name);
  if (!hub) return undefined;
  const { hubSource } = await import('./hub/hub.browser.ts');
  return hubSource(hub, options);
}

/** The source of a `file:` URL. */
export const fileUrlSource: (url: URL, options: LoadOptions) => ModelSource = urlSource;

export const remedies = {
  shipped:
    'copy node_modules/@famjs/zoo/models to where the page is served from, and pass the path there, such as "/models/passkey-fam".',
  unknown:
    'pass a path below the server of the page ("/models/…" or "./models/…"), a URL, or the files themselves.',
};
