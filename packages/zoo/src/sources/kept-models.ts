/** The models that a page keeps in the file system of its origin, seen and removed; in Node that is what `@famjs/zoo/node` has for the Hub's cache. */

import type { KeptPlace } from './opfs/all.ts';
import { canKeep } from './opfs/can-keep.ts';

export type { KeptPlace };

/** What is kept, each with what removes it; nothing where a page cannot keep models. */
export async function keptModels(): Promise<KeptPlace[]> {
  if (!(await canKeep())) return [];
  const { allKept } = await import('./opfs/all.ts');
  return allKept();
}
