/** All models that this browser keeps: of the Hub, and files that the visitor gave. */
import { keptModels } from '@famjs/zoo';
import { forgetFiles, listKept } from '../../kept-files.ts';
import type { Choice } from './choices.ts';

export interface Kept extends Choice {
  bytes: number;
  /** What the URL calls it, where it can be had again. */
  url?: string | undefined;
  remove(): Promise<void>;
}

export async function allKept(): Promise<Kept[]> {
  const own = (await listKept()).map(({ name, files }) => ({
    ...{ name, place: files },
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    remove: () => forgetFiles(name),
  }));
  const loaded = (await keptModels()).map(({ place, bytes, remove }) => ({
    ...{ name: place, place, url: place, bytes, remove },
  }));
  return [...own, ...loaded];
}
