/** Which models a visitor can take, and what each is as a place. */
import { fetchShipped } from '../../passkey/shipped-files.ts';
import type { Place } from './running.ts';

/** The models that are served with the page. */
export const shipped = [
  { name: 'passkey-fam', about: 'FAM, trained to hold a number; 0.4 MB' },
  { name: 'passkey-bswa2', about: 'the same without FAM' },
] as const;
type ShippedName = (typeof shipped)[number]['name'];

export interface Choice {
  /** What the visitor sees. */
  name: string;
  place: Place;
}

export const shippedChoice = (name: ShippedName): Choice => ({
  name,
  place: (signal, onProgress) => fetchShipped(name, document.baseURI, signal, onProgress),
});

/** A model of the Hub by its id; nothing is asked of the Hub before it is loaded. */
export const isHubId = (id: string): boolean => /^[\w.-]+\/[\w.-]+(@[\w./-]+)?(\/.+\.gguf)?$/.test(id);

/** Files of a disk: a folder goes by its own name, files by the first's. */
export function filesChoice(files: readonly File[]): Choice {
  const [first] = files;
  const folder = first!.webkitRelativePath.split('/')[0];
  return { name: folder || first!.name, place: [...files] };
}
