/** Files as one, for a download. */
import { zipSync } from 'fflate';

/** Stored as they are: weights do not get smaller. */
export const zipped = (files: Readonly<Record<string, Uint8Array>>): Uint8Array =>
  zipSync({ ...files }, { level: 0 });
