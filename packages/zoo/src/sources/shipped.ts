/** The small trained models that come with the package. */
import { fileURLToPath } from 'node:url';

/** The folder of a shipped model of the PassKey test: `fam`, `bswa0`, `bswa1` or `bswa2`. */
export function shippedModel(name: string): string {
  return fileURLToPath(new URL(`../../models/passkey-${name}`, import.meta.url));
}
