/** Files behind a URL: those that lie beside each other below it, or the one GGUF file that it is of. */
import { ask, looksLikePage, received } from './http.ts';
import { type Line, openRanged } from './ranged.ts';
import { isGguf, type LoadOptions, type ModelSource, requireReadable } from './source.ts';

/**
 * Where files lie.
 *
 * @param base of a folder, with or without the slash at its end; a query is kept for every file
 */
export function filesBelow(base: string | URL) {
  const address = new URL(base, globalThis.location?.href);
  const own = isGguf(address.pathname) ? decodeURIComponent(address.pathname.split('/').at(-1)!) : undefined;
  const folder = new URL(address);
  if (!folder.pathname.endsWith('/')) folder.pathname += '/';
  return {
    address,
    place: String(base).replace(/\/$/, ''),
    ggufs: own === undefined ? [] : [own],
    urlOf(name: string): URL | undefined {
      if (own !== undefined) return name === own ? address : undefined;
      const url = new URL(name, folder);
      url.search = folder.search;
      return url;
    },
  };
}

/**
 * The source of a URL that is read over the line. A page in HTML is no file of a model: servers of single-page apps answer with one,
 * and status 200, whatever they do not have.
 */
export function urlSource(base: string | URL, options: LoadOptions = {}): ModelSource {
  const { place, ggufs, urlOf } = filesBelow(base);
  const line: Line = { close: () => {} };
  return {
    place,
    ggufs,
    async read(name) {
      const url = urlOf(name);
      const answer = url && (await ask(url, {}, options.signal));
      const tooMuch = (size: number) => requireReadable(`${name} in ${place}`, size);
      const bytes = answer && (await received(answer, name, options, tooMuch));
      return bytes && !looksLikePage(bytes) ? bytes : undefined;
    },
    async open(name) {
      const url = urlOf(name);
      return url && openRanged(url, name, options, line);
    },
    close: () => line.close(),
  };
}
