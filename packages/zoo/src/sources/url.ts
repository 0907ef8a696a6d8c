/** Files behind a URL: those that lie beside each other below it, or the one GGUF file that it is of. */
import { ask, looksLikePage, received } from './http.ts';
import { type Line, openRanged } from './ranged.ts';
import { isGguf, type LoadOptions, type ModelSource } from './source.ts';

/**
 * A page in HTML is no file of a model: servers of single-page apps answer with one, and status 200, whatever they do not have.
 *
 * @param base of a folder, with or without the slash at its end; a query is kept for every file
 */
export function urlSource(base: string | URL, options: LoadOptions = {}): ModelSource {
  const address = new URL(base, globalThis.location?.href);
  const own = isGguf(address.pathname) ? decodeURIComponent(address.pathname.split('/').at(-1)!) : undefined;
  const folder = new URL(address);
  if (!folder.pathname.endsWith('/')) folder.pathname += '/';
  const line: Line = { close: () => {} };

  function urlOf(name: string): URL | undefined {
    if (own !== undefined) return name === own ? address : undefined;
    const url = new URL(name, folder);
    url.search = folder.search;
    return url;
  }

  return {
    place: String(base).replace(/\/$/, ''),
    ggufs: own === undefined ? [] : [own],
    async read(name) {
      const url = urlOf(name);
      const answer = url && (await ask(url, {}, options.signal));
      const bytes = answer && (await received(answer, name, options));
      return bytes && !looksLikePage(bytes) ? bytes : undefined;
    },
    async open(name) {
      const url = urlOf(name);
      return url && openRanged(url, name, options, line);
    },
    close: () => line.close(),
  };
}
