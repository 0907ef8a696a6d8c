/** The small trained models that come with the package. */
import { fileURLToPath } from 'node:url';
import type { ShippedModel } from './shipped-names.ts';

/** The folder of a shipped model. */
export function shippedModel(name: ShippedModel): string {
  return fileURLToPath(new URL(`../../models/${name}`, import.meta.url));
}
