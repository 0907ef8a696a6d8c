/** The small trained models that come with the package. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ShippedModel } from './shipped-names.ts';

/** The folder of a shipped model; bundlers leave the path as it is, and the models where they are. */
export const shippedModel = (name: ShippedModel): string =>
  path.resolve(fileURLToPath(import.meta.url), '../../../models', name);
