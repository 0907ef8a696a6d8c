/** The small trained models and the memories that come with the package. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ShippedMemory, ShippedModel } from './shipped-names.ts';

/** The folder of a shipped model or memory; bundlers leave the path as it is, and the folders where they are. */
export const shippedModel = (name: ShippedModel | ShippedMemory): string =>
  path.resolve(fileURLToPath(import.meta.url), '../../../models', name);
